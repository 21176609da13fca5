import type { Exchange, Partner } from '@mra/exchange';
import { ReplayAnswer, readJsonObject } from '@mra/exchange-protocol';
import { type InboundStream, needSnapshot, noteAsked } from './inbound-stream.ts';
import { readPartnerMetadata, UnusablePartner } from './make-stream.ts';
import { UnusableAnswer } from './unusable-answer.ts';

/** Requests for the same missing event before a snapshot is loaded instead; with the waits between them about half a minute. */
const MOST_ATTEMPTS = 6;
const FIRST_WAIT_MS = 1000;

/** Between requests because of unreadable events, however many a partner sends. */
const LONGEST_WAIT_MS = 64_000;
/** After that long without any, the next is asked about at once. */
const QUIET_MS = 600_000;

/** What was asked about last. */
export interface AskMemory {
  gap: { readonly from: number; readonly attempts: number; readonly nextAt: number } | null;
  unreadable: { readonly attempts: number; readonly nextAt: number } | null;
}

export const newAskMemory = (): AskMemory => ({ gap: null, unreadable: null });

type Asked = Pick<InboundStream, 'configuration' | 'unreadable'>;

/**
 * Asks a partner for its events from a `seq` on again. Where they are gone, where it knows no such call, and where they do not come,
 * a snapshot is needed. To be called for as long as the gap is there: it is patient by itself.
 * @throws UnusableAnswer, UnusablePartner, PartnerUnreachable
 */
export async function askAgain(
  exchange: Exchange,
  partner: Partner,
  stream: Asked,
  from: number,
  memory: AskMemory,
  signal: AbortSignal,
): Promise<void> {
  const { gap } = memory;
  const isSame = gap !== null && gap.from === from;
  if (isSame && performance.now() < gap.nextAt) return;
  const attempts = isSame ? gap.attempts + 1 : 1;
  if (attempts > MOST_ATTEMPTS) {
    memory.gap = null;
    return needSnapshot(exchange, partner.code, `event ${from} does not come`);
  }
  memory.gap = { from, attempts, nextAt: performance.now() + FIRST_WAIT_MS * 2 ** (attempts - 1) };
  const { isComing } = await requestReplay(exchange, partner, stream, { from, attempts }, signal);
  if (!isComing) memory.gap = null;
  await noteAsked(exchange, partner.code, { to: 0, unreadable: stream.unreadable });
}

/**
 * Asks a partner for what follows the last event that was applied, when something has come of which not even the place could be read: what
 * the partner has counts as seen then, and whatever of it does not come is a gap. Once each time, and ever more seldom while a
 * partner goes on sending such things. To be called in every turn.
 * @throws UnusableAnswer, UnusablePartner, PartnerUnreachable; it is asked again later
 */
export async function askAboutUnreadable(
  exchange: Exchange,
  partner: Partner,
  stream: InboundStream,
  memory: AskMemory,
  signal: AbortSignal,
): Promise<void> {
  const now = performance.now();
  const before = memory.unreadable;
  if (!isToAskAbout(stream)) {
    if (before !== null && now > before.nextAt + QUIET_MS) memory.unreadable = null;
    return;
  }
  if (before !== null && now < before.nextAt) return;
  const attempts = (before?.attempts ?? 0) + 1;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 10));
  memory.unreadable = { attempts, nextAt: now + wait };
  const { to } = await requestReplay(exchange, partner, stream, { from: stream.lastApplied + 1, attempts }, signal);
  await noteAsked(exchange, partner.code, { to, unreadable: stream.unreadable });
}

/** Where a snapshot is needed, it comes first, and then whatever followed it is asked for. */
export function isToAskAbout({ unreadable, unreadableAsked, needsSnapshot }: InboundStream): boolean {
  return unreadable > unreadableAsked && !needsSnapshot;
}

/** @returns whether they come again, and up to where (0: it is not told); where they do not, a snapshot is needed, and that is noted */
async function requestReplay(
  exchange: Exchange,
  partner: Partner,
  { configuration }: Asked,
  { from, attempts }: { readonly from: number; readonly attempts: number },
  signal: AbortSignal,
): Promise<{ readonly isComing: boolean; readonly to: number }> {
  if (configuration === null) return { isComing: true, to: 0 };
  const { configuration_endpoint: streams } = await readPartnerMetadata(exchange, partner, signal);
  if (streams === undefined) throw new UnusablePartner('its metadata name no configuration_endpoint');
  const response = await exchange.client.send(partner, {
    method: 'POST',
    url: `${streams}/replay`,
    body: JSON.stringify({ stream_id: configuration.stream_id, from }),
    signal,
  });
  const { status } = response;
  exchange.log.warn({ partner: partner.code, from, attempts, status }, 'asked for missing events');
  const isComing = status === 202;
  if (!isComing && ![404, 405, 410, 501].includes(status))
    throw new UnusableAnswer('asking for missing events', response);
  if (!isComing) await needSnapshot(exchange, partner.code, `event ${from} is gone`);
  const { data } = ReplayAnswer.safeParse(isComing ? readJsonObject(response.body) : null);
  return { isComing, to: data?.to ?? 0 };
}
