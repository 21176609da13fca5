import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { LongWork } from './ahead-seconds.ts';
import type { DB } from './database.ts';
import { communicationEnded } from './import-communication.ts';
import { countMissing } from './import-missing.ts';
import { type Upload, workOn } from './import-staging.ts';
import { inChunks } from './in-chunks.ts';
import type { MembershipRecord } from './membership-record.ts';
import { planByIndex } from './plan-by-index.ts';
import type { Database } from './pool.ts';
import { type Actor, first, readAs } from './recording.ts';

/** A staged line that says something new about its member. */
export interface ChangedLine {
  readonly line: number;
  readonly number: string;
  readonly normalised: string;
  readonly record: MembershipRecord;
}

interface List {
  readonly upload: Upload;
  readonly programme: string;
  readonly source: string | null;
}

/** The accepted lines that are not what is known already, in the order of the file, in chunks. */
export function readChangedLines(tx: Transaction<DB>, list: List): AsyncGenerator<readonly ChangedLine[]> {
  return inChunks(
    tx,
    sql<ChangedLine>`select l.line, l.number, l.number_normalised as normalised, l.record ${changedLines(list)} order by l.line`,
  );
}

/** What applying a list will cost, were it applied now. */
export async function countWork(
  db: Database,
  actor: Actor,
  list: List & { readonly mode: 'full' | 'delta' },
): Promise<LongWork> {
  return readAs(db, actor, async (tx, now) => {
    const start = performance.now();
    await workOn(tx, list.upload);
    await planByIndex(tx);
    const { rows } = await sql<{ changed: number; created: number }>`
      select count(*) as changed, count(*) filter (where m.id is null and l.facts is not null) as created
        ${changedLines(list)}`.execute(tx);
    const missing = list.mode === 'full' ? (await countMissing({ tx, recordedAt: now }, list)).missing : 0;
    return { ...first(rows), missing, seconds: (performance.now() - start) / 1000 };
  });
}

/** In one pass over the list, since most lines of a list that comes every day say nothing new. */
function changedLines({ upload, programme, source }: List): RawBuilder<unknown> {
  const stillCommunicated = source === null ? sql`true` : sql`not ${communicationEnded(sql`m.id`)}`;
  return sql`
      from import_line l
      left join membership m on m.programme = ${programme} and m.number_normalised = l.number_normalised
      left join membership_record r on r.membership_id = m.id and upper_inf(r.known)
     where l.upload_id = ${upload.id} and l.accepted
       and (m.source is not distinct from ${source} and ${stillCommunicated}
            and r.type = l.record ->> 'type'
            and r.valid = tstzrange((l.record ->> 'validFrom')::timestamptz, (l.record ->> 'validTo')::timestamptz)
            and r.validated_on is not distinct from (l.record ->> 'validatedOn')::date
            and r.issuing_country is not distinct from l.record ->> 'issuingCountry'
            and r.issuing_office is not distinct from l.record ->> 'issuingOffice'
            and r.names = l.record -> 'names' and r.addresses = l.record -> 'addresses'
            and r.identifiers = l.record -> 'identifiers' and to_jsonb(r.roles) = l.record -> 'roles'
            and coalesce(r.consent, 'null') = l.record -> 'consent') is not true`;
}
