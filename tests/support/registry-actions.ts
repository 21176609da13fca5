import { type Instant, normaliseIdentifier, programmeAt } from '@mra/recognition';
import {
  actAs,
  endLocalSuspension,
  type MembershipRecord,
  putLocalSuspension,
  type RecordedEvent,
  type Recording,
  record,
  recordSynchronisation,
  writeMemberships,
} from '@mra/registry';
import fc from 'fast-check';
import { type AgreementChange, recordChange } from './agreement-changes.ts';
import {
  anEventOf,
  aRecord,
  aSuspension,
  bound,
  type Member,
  RECOGNISERS,
  type Suspension,
} from './arbitrary-members.ts';
import type { TestDatabase } from './database.ts';

interface Named {
  readonly programme: string;
  readonly number: string;
}

/** One thing that somebody records. */
export type Action =
  | ({ readonly kind: 'membership'; readonly record: MembershipRecord; readonly source: string | null } & Named)
  | ({ readonly kind: 'event'; readonly event: RecordedEvent } & Named)
  | ({ readonly kind: 'suspension'; readonly suspension: Suspension } & Named)
  | ({ readonly kind: 'end of suspension'; readonly recogniser: string; readonly from: Instant } & Named)
  | { readonly kind: 'synchronisation'; readonly administration: string; readonly secondsAgo: number }
  | { readonly kind: 'agreement'; readonly change: AgreementChange };

/** Anything about these members and the agreements around them; allowed or not, as it comes. */
export function anActionAbout(members: readonly Member[]): fc.Arbitrary<Action> {
  return fc.constantFrom(...members).chain(({ programme, number, source }) => {
    const named = { programme: fc.constant(programme), number: fc.constant(number) };
    return fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('event' as const), event: anEventOf(programme), ...named }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('membership' as const),
          record: aRecord(programme),
          source: fc.constant(source),
          ...named,
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('suspension' as const), suspension: aSuspension, ...named }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('end of suspension' as const),
          recogniser: fc.constantFrom(...RECOGNISERS),
          from: bound,
          ...named,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('synchronisation' as const),
          administration: fc.constant(programme.slice(0, 2).toUpperCase()),
          secondsAgo: fc.constantFrom(60, 86_400, 200_000),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('agreement' as const),
          change: fc.record({
            agreement: fc.constantFrom('eu-jp-2010', 'jp-gb-2020', 'asean-aamra-2023'),
            from: fc.option(bound, { nil: null }),
            lifeCycle: fc.constantFrom('in_force', 'suspended'),
          }),
        }),
      },
    );
  });
}

/** The actions that write a member as it is. */
export const actionsOf = ({
  programme,
  number,
  record,
  events,
  localSuspensions,
  source,
}: Member): readonly Action[] => [
  { kind: 'membership', programme, number, record, source },
  ...events.map((event): Action => ({ kind: 'event', programme, number, event })),
  ...localSuspensions.map((suspension): Action => ({ kind: 'suspension', programme, number, suspension })),
];

/**
 * Records an action, each as the administration that may. What the life cycle refuses and what is about nobody changes nothing;
 * anything else that fails is thrown.
 */
export async function perform(database: TestDatabase, action: Action): Promise<void> {
  if (action.kind === 'agreement') {
    await recordChange(database.db, action.change);
    return;
  }
  await record(database.db, { client: 'tests', administration: null }, (recording) =>
    write(database, recording, action),
  );
}

async function write(
  { networks }: TestDatabase,
  recording: Recording,
  action: Exclude<Action, { kind: 'agreement' }>,
): Promise<void> {
  if (action.kind === 'synchronisation') {
    const { administration, secondsAgo } = action;
    await actAs(recording.tx, { administration, copies: true });
    const synchronisedAt = new Date(Date.parse(recording.recordedAt) - secondsAgo * 1000).toISOString();
    await recordSynchronisation(recording, { administration, programme: null, synchronisedAt, maxAgeSeconds: 129_600 });
    return;
  }
  const { number } = action;
  const member = await findMember(recording, action);
  if (action.kind === 'membership' || action.kind === 'event') {
    const network = await networks.current(recording.tx);
    const programme = programmeAt(network, action.programme, recording.recordedAt);
    if (programme === null) throw new Error(`no programme ${action.programme}`);
    const source = action.kind === 'membership' ? action.source : (member?.source ?? null);
    await actAs(recording.tx, { administration: programme.administration, copies: source !== null });
    const [written, events] = action.kind === 'membership' ? [action.record, []] : [null, [action.event]];
    await writeMemberships(recording, network, [{ programme, number, record: written, events, source }]);
  } else if (member !== undefined) {
    const recogniser = action.kind === 'suspension' ? action.suspension.recogniser : action.recogniser;
    await actAs(recording.tx, { administration: recogniser, copies: true });
    if (action.kind === 'suspension') await putLocalSuspension(recording, member, { ...action.suspension, note: null });
    else await endLocalSuspension(recording, member, action);
  }
}

async function findMember({ tx }: Recording, { programme, number }: Named) {
  await actAs(tx, { administration: null, copies: true });
  return tx
    .selectFrom('membership')
    .select(['id', 'programme', 'number', 'source'])
    .where('programme', '=', programme)
    .where('number_normalised', '=', normaliseIdentifier(number))
    .executeTakeFirst();
}
