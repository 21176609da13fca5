import type { QuarantineCode } from '@mra/contracts';
import { type Member, recordHash } from '@mra/exchange-protocol';
import { type Instant, type Network, normaliseIdentifier } from '@mra/recognition';
import type { Recording } from '@mra/registry';
import type { Partner } from '../partners.ts';
import {
  type CopyChange,
  type CopyResult,
  type CopyToEnd,
  type CopyToWrite,
  memberIn,
  nameOf,
  type Origin,
} from './copy-change.ts';
import { consentsOf, coveredWith, endedFrom, isSamePeriod } from './copy-consents.ts';
import { type HeldMember, nameKey, readHeldMembers } from './held-members.ts';
import { type Holders, readHolders } from './identifier-holders.ts';
import { type JudgedRecord, judgeRecord } from './judge-record.ts';
import { knownProgramme } from './known-network.ts';
import { settleQuarantine } from './quarantine.ts';
import { type Final, storeCopies } from './store-copies.ts';

/** What is to be of a member after the changes gone through so far. */
interface State {
  readonly held: HeldMember | null;
  readonly seq: number;
  /** As told; null: not communicated, or only listed. */
  readonly number: string | null;
  /** At its issuer, as told by this partner; null as the number. */
  readonly version: number | null;
  readonly final: Final | null;
  readonly accepted: readonly Member[];
}

/**
 * Applies what a partner says about its members, in order, each change as if the ones before it had been applied: judges records, finds
 * identifiers and numbers of others, stores what is new, notes what was said, and ends doubts about members of whom a later word could
 * be read. Whoever calls sees to what was refused.
 * @param network null where nothing is written but ends
 * @returns one result for each change. A refused one changes nothing
 */
export async function changeCopies(
  recording: Recording,
  network: Network | null,
  partner: Partner,
  changes: readonly CopyChange[],
  origin: Origin,
): Promise<readonly CopyResult[]> {
  if (changes.length === 0) return [];
  const { tx, recordedAt } = recording;
  const judged = changes.map((change) => judge(network, partner, change, recordedAt));
  const names = changes.map(nameOf);
  const held = await readHeldMembers(tx, names, { compare: origin === 'snapshot' && network !== null });
  const claims = judged.flatMap((one) =>
    one?.ok ? one.judged.claims.map((claim) => ({ ...claim, programme: one.judged.programme.id })) : [],
  );
  const holders = await readHolders(tx, claims, recordedAt);
  const states = new Map<string, State>();
  const results: CopyResult[] = [];
  const go = (index: number): void => {
    const change = changes[index] as CopyChange;
    const key = nameKey(names[index] as { programme: string; normalised: string });
    const before = states.get(key) ?? startOf(held.get(key) ?? null, partner);
    const [result, after] = apply(change, judged[index] ?? null, before, {
      ...{ network, partner, holders, origin, now: recordedAt },
    });
    results[index] = result;
    states.set(key, after);
  };
  for (const index of changes.keys()) go(index);
  // Whoever stands in the way may have given the identifier up further on in the set.
  for (const [index, result] of results.entries()) {
    if (result.outcome === 'refused' && result.code === 'IDENTIFIER_OF_ANOTHER') go(index);
  }
  await storeCopies(
    recording,
    partner,
    [...states.values()].flatMap(({ final }) => final ?? []),
  );
  await settleQuarantine(
    recording,
    partner,
    [...states.values()].flatMap(({ accepted, seq, held: member }) =>
      accepted.map((one) => ({ member: one, seq, inDoubt: member?.inDoubt ?? false, id: member?.id ?? null })),
    ),
  );
  return results;
}

function judge(network: Network | null, partner: Partner, change: CopyChange, now: Instant) {
  if (change.kind === 'end') return null;
  if (network === null) throw new Error('records are judged by a network');
  return judgeRecord(network, partner, change, now);
}

function startOf(held: HeldMember | null, partner: Partner): State {
  const copy = held?.copy ?? null;
  // Numbers of another partner's stream say nothing about this one's.
  const own = copy?.partner === partner.code ? copy : null;
  const [seq, version] = [own?.seq ?? -1, own?.version ?? null];
  return { held, seq, number: copy?.number ?? null, version, final: null, accepted: [] };
}

interface Context {
  readonly network: Network | null;
  readonly partner: Partner;
  readonly holders: Holders;
  readonly origin: Origin;
  readonly now: Instant;
}

function apply(
  change: CopyChange,
  judgement: ReturnType<typeof judge>,
  state: State,
  context: Context,
): [CopyResult, State] {
  const { held, seq } = state;
  const { origin } = context;
  if (origin === 'event' ? change.seq <= seq : change.seq < seq) return [{ outcome: 'outdated' }, state];
  const refuse = (code: QuarantineCode, pointer: string, detail: string): [CopyResult, State] => [
    { outcome: 'refused', code, errors: [{ pointer, detail }] },
    state,
  ];
  if (judgement !== null && !judgement.ok) {
    return [{ outcome: 'refused', code: judgement.code, errors: judgement.errors }, state];
  }
  const place = change.kind === 'end' ? '/member' : '/record';
  if (held !== null && held.source === null) {
    return refuse('ACCESS_DENIED', place, 'is a member for whom this deployment is authoritative');
  }
  const { number } = memberIn(change);
  if (state.number !== null && state.number !== number) {
    return refuse(
      'NUMBER_OF_ANOTHER',
      `${place}/number`,
      'differs from the number of a member only in how it is written',
    );
  }
  if (change.kind === 'end') return end(change, state, context);
  // A snapshot is the whole truth, also of a partner that had to begin its versions anew.
  if (origin === 'event' && change.record.version < (state.version ?? 0)) {
    return refuse('VERSION_BEHIND', '/record/version', 'is older than what was told before');
  }
  const { judged } = judgement as { judged: JudgedRecord };
  const name = nameOf(change);
  const taken = context.holders.findTaken(name, judged.claims);
  if (taken !== -1) {
    const wanted = judged.claims[taken];
    const index = judged.record.identifiers.findIndex(
      ({ scheme, value }) => scheme === wanted?.scheme && normaliseIdentifier(value) === wanted.normalised,
    );
    return refuse(
      'IDENTIFIER_OF_ANOTHER',
      `/record/identifiers/${Math.max(index, 0)}`,
      'is an identifier of another member',
    );
  }
  context.holders.replace(name, judged.holds);
  return write(change, judged, state, context);
}

function write(
  change: CopyToWrite,
  judged: JudgedRecord,
  state: State,
  { partner, origin }: Context,
): [CopyResult, State] {
  const { record, communicated, seq, agreement } = change;
  const { held, final } = state;
  const hash = change.hash ?? recordHash(record);
  const copy = held?.copy ?? null;
  const said = final === null ? copy : final.said;
  const isSaid =
    said !== null &&
    said.hash === hash &&
    said.communicated !== null &&
    isSamePeriod(communicated, said.communicated) &&
    (final !== null || copy?.isIntact === true);
  const distrusted = origin === 'snapshot' && copy !== null && !copy.isIntact;
  const consents = final?.consents ?? (distrusted || copy === null ? [] : (held?.consents ?? []));
  const present = said?.communicated ?? null;
  const next: Final = {
    held,
    name: nameOf({ kind: 'write', ...change }),
    administration: judged.programme.administration,
    number: record.number,
    seq,
    agreement,
    said: { record, hash, communicated },
    parts: isSaid ? (final?.parts ?? null) : judged,
    consents: isSaid
      ? (final?.consents ?? null)
      : consentsOf(partner.actsAs, coveredWith(communicated, { consents, present })),
  };
  const result: CopyResult = { outcome: isSaid ? 'unchanged' : 'written', warnings: judged.warnings };
  const { number, version } = record;
  return [result, { ...state, seq, number, version, final: next, accepted: [...state.accepted, record] }];
}

function end(change: CopyToEnd, state: State, { network, holders, now }: Context): [CopyResult, State] {
  const { held, final } = state;
  const { seq, member, agreement } = change;
  const accepted = [...state.accepted, member];
  const name = nameOf({ kind: 'end', ...change });
  if (held === null && final === null) {
    // What an older snapshot says of the member must not come after this word.
    const known = network === null ? null : knownProgramme(network, name.programme);
    const gone: Final | null = known && {
      ...{ held, name, administration: known.administration, number: member.number, seq, agreement },
      ...{ said: null, parts: null, consents: null },
    };
    return [{ outcome: 'not_held' }, { ...state, seq, final: gone, accepted }];
  }
  holders.replace(name, []);
  const isOver = final === null ? held?.copy !== null && held?.copy.hash === null : final.said === null;
  const consents = final?.consents ?? held?.consents ?? [];
  const next: Final = {
    held,
    name,
    administration: final?.administration ?? held?.administration ?? '',
    number: final?.number ?? member.number,
    seq,
    agreement: agreement ?? final?.agreement ?? null,
    said: null,
    parts: isOver ? (final?.parts ?? null) : (final?.parts ?? 'stored'),
    consents: isOver ? (final?.consents ?? null) : endedFrom(consents, change.from < now ? change.from : now),
  };
  return [{ outcome: 'ended' }, { ...state, seq, number: null, version: null, final: next, accepted }];
}
