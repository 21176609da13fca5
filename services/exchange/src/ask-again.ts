import type { Exchange, Partner } from '@mra/exchange';
import { type InboundStream, needSnapshot } from './inbound-stream.ts';
import { readPartnerMetadata, UnusablePartner } from './make-stream.ts';
import { UnusableAnswer } from './unusable-answer.ts';

/** Requests for the same missing event before a snapshot is loaded instead; with the waits between them about half a minute. */
const MOST_ATTEMPTS = 6;
const FIRST_WAIT_MS = 1000;

/** The gap that was asked about last. */
export interface GapMemory {
  gap: { readonly from: number; readonly attempts: number; readonly nextAt: number } | null;
}

/**
 * Asks a partner for its events from a `seq` on again. Where they are gone, where it knows no such call, and where they do not come,
 * a snapshot is needed. To be called for as long as the gap is there: it is patient by itself.
 * @throws UnusableAnswer, PartnerUnreachable
 */
export async function askAgain(
  exchange: Exchange,
  partner: Partner,
  { configuration }: Pick<InboundStream, 'configuration'>,
  from: number,
  memory: GapMemory,
  signal: AbortSignal,
): Promise<void> {
  if (configuration === null) return;
  const { gap } = memory;
  const isSame = gap !== null && gap.from === from;
  if (isSame && performance.now() < gap.nextAt) return;
  const attempts = isSame ? gap.attempts + 1 : 1;
  if (attempts > MOST_ATTEMPTS) {
    memory.gap = null;
    return needSnapshot(exchange, partner.code, `event ${from} does not come`);
  }
  memory.gap = { from, attempts, nextAt: performance.now() + FIRST_WAIT_MS * 2 ** (attempts - 1) };
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
  if (status === 202) return;
  if (![404, 405, 410, 501].includes(status)) throw new UnusableAnswer('asking for missing events', response);
  memory.gap = null;
  await needSnapshot(exchange, partner.code, `event ${from} is gone`);
}
