import { type RawBuilder, sql } from 'kysely';
import type { ImportOrder } from './imports.ts';
import type { Recording } from './recording.ts';

type Order = Pick<ImportOrder, 'upload' | 'programme' | 'source'>;

/**
 * Ends the doubts that earlier lists left on copies whose line can be understood now. Before the lines are applied: what is refused then,
 * and what stands against another line, makes doubtful anew.
 */
export async function endListDoubts(
  { tx, recordedAt }: Recording,
  { upload, programme, source }: Order,
): Promise<void> {
  await sql`
    update membership_doubt d set known = tstzrange(lower(d.known), ${recordedAt})
      from membership m
     where m.id = d.membership_id and m.programme = ${programme} and m.source = ${source}
       and d.told_by = 'list' and upper_inf(d.known) and lower(d.known) < ${recordedAt}
       and exists (select from import_line l
                    where l.upload_id = ${upload.id} and l.number_normalised = m.number_normalised and l.accepted)`.execute(
    tx,
  );
}

/** Puts the copies in doubt whose lines were rejected, as far as their numbers could be read. */
export async function doubtRejected(recording: Recording, order: Order): Promise<void> {
  await doubt(
    recording,
    order,
    sql`select l.number_normalised from import_line l where l.upload_id = ${order.upload.id} and not l.accepted`,
  );
}

/**
 * Puts the copies with these numbers in doubt: their partner has said something newer of them that is not applied, so that nobody can
 * know what holds (DATA_STALE) until a later line of theirs is understood.
 */
export async function doubtNumbers(recording: Recording, order: Order, normalised: readonly string[]): Promise<void> {
  if (normalised.length > 0) await doubt(recording, order, sql`select unnest(${[...normalised]}::text[])`);
}

async function doubt(
  { tx, recordedAt, actor }: Recording,
  { programme, source }: Order,
  numbers: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    insert into membership_doubt (membership_id, told_by, known, recorded_by)
    select m.id, 'list', tstzrange(${recordedAt}, null), ${actor.client}
      from membership m
     where m.programme = ${programme} and m.source = ${source} and m.number_normalised in (${numbers})
       and not exists (select from membership_doubt d
                        where d.membership_id = m.id and d.told_by = 'list' and upper_inf(d.known))`.execute(tx);
}
