import { MembershipEvent, MembershipRecord } from '@mra/contracts';
import { normaliseIdentifier, programmeAt } from '@mra/recognition';
import {
  actAs,
  type Database,
  type MembershipWrite,
  type NetworkCache,
  putLocalSuspension,
  type Recording,
  record,
  writeMemberships,
} from '@mra/registry';
import { instantOf, toEvent, toRecord } from '../record-mapping.ts';
import { markLoaded, readSeeds, unloaded } from './files.ts';

interface DemoMember {
  readonly programme: string;
  readonly number: string;
  readonly record: unknown;
  readonly events: readonly unknown[];
}

interface DemoSuspension {
  readonly recogniser: string;
  readonly programme: string;
  readonly number: string;
  readonly from: string;
  readonly to: string | null;
  readonly note: string | null;
}

const SUSPENSIONS = 'demo/local-suspensions.json';

/**
 * Loads the demonstration members, all invented, that this database has not loaded. Members of administrations for which the
 * deployment is not authoritative are left out.
 * @returns how many members were loaded now
 */
export async function loadDemo(
  db: Database,
  networks: NetworkCache,
  isLocal: (administration: string) => boolean,
): Promise<number> {
  const files = await readSeeds('demo');
  if ((await unloaded(db, files)).length === 0) return 0;
  const client = 'seed:demo';
  return record(db, { client, administration: null }, async (recording) => {
    const pending = await unloaded(recording.tx, files);
    const network = await networks.current(recording.tx);
    const members = pending
      .filter(({ name }) => name !== SUSPENSIONS)
      .flatMap(({ rows }) => rows as readonly DemoMember[]);
    const writes = members.flatMap((member): MembershipWrite[] => {
      const written = toRecord(MembershipRecord.parse(member.record));
      const programme = programmeAt(network, member.programme, written.validFrom);
      if (programme === null || !isLocal(programme.administration)) return [];
      const events = member.events.map((event) => toEvent(MembershipEvent.parse(event), recording.recordedAt));
      return [{ programme, number: member.number, record: written, events, source: null }];
    });
    for (const [administration, own] of Map.groupBy(writes, ({ programme }) => programme.administration)) {
      await actAs(recording.tx, { administration });
      const results = await writeMemberships(recording, network, own);
      const refused = results.find((result) => result.outcome === 'refused');
      if (refused) throw new Error(`a demonstration member was refused: ${refused.detail}`);
    }
    const suspensions = pending.find(({ name }) => name === SUSPENSIONS)?.rows as readonly DemoSuspension[] | undefined;
    for (const suspension of suspensions ?? []) await suspend(recording, suspension, isLocal);
    await markLoaded(recording, pending);
    return writes.length;
  });
}

async function suspend(
  recording: Recording,
  suspension: DemoSuspension,
  isLocal: (code: string) => boolean,
): Promise<void> {
  const { recogniser, programme, number, from, to, note } = suspension;
  if (!isLocal(recogniser)) return;
  await actAs(recording.tx, { administration: recogniser });
  const member = await recording.tx
    .selectFrom('membership')
    .select('id')
    .where('programme', '=', programme)
    .where('number_normalised', '=', normaliseIdentifier(number))
    .executeTakeFirst();
  if (member === undefined) return;
  await putLocalSuspension(
    recording,
    { id: member.id, programme, number },
    {
      recogniser,
      from: instantOf(from),
      to: to === null ? null : instantOf(to),
      note,
    },
  );
}
