import { createDatabase, dropDatabase, onServer } from '../../databases.ts';
import type { BenchNode, Servers } from '../nodes.ts';

/** What is copied, in the order of the keys: the facts, and what was told of each member as what is held of it. */
const COPIED = {
  membership: 'select * from membership where source is null',
  membership_record: 'select * from membership_record',
  membership_status: 'select * from membership_status',
  membership_consent: 'select * from membership_consent',
  membership_identifier: 'select * from membership_identifier',
  copy: `select membership_id, 'EU', agreement, seq, record, md5(record::text), md5(record::text), clock_timestamp(), communicated from share`,
} as const;

const COLUMNS: Partial<Record<keyof typeof COPIED, string>> = {
  copy: '(membership_id, partner, agreement, seq, record, hash, fingerprint, received_at, communicated)',
};

/**
 * The same members by plain COPY: out of the database of the sender into files, and from there in one transaction into the same tables,
 * with their indexes and constraints, of another database on the server of the receiver.
 * @returns seconds of both
 */
export async function copyMembers(from: BenchNode, servers: Servers): Promise<number> {
  const url = await createDatabase(servers.JP, 'copied');
  try {
    await onServer(url, (client) =>
      client.query(`
        insert into partner (code, administrations, acts_as, issuer, jwks, push_origins, receive_by, cadence_seconds)
        values ('EU', '{EU}', 'JP', 'https://eu.test', '{}', '{}', 'nothing', 60)`),
    );
    const began = performance.now();
    const folder = await onServer(from.databaseUrl, async (client) => {
      const { rows } = await client.query<{ data_directory: string }>('show data_directory');
      const path = rows[0]?.data_directory ?? '';
      for (const [table, query] of Object.entries(COPIED))
        await client.query(`copy (${query}) to '${path}/bench-${table}'`);
      return path;
    });
    await onServer(url, async (client) => {
      await client.query('begin');
      for (const table of Object.keys(COPIED) as (keyof typeof COPIED)[])
        await client.query(`copy ${table} ${COLUMNS[table] ?? ''} from '${folder}/bench-${table}'`);
      await client.query('commit');
    });
    return (performance.now() - began) / 1000;
  } finally {
    await dropDatabase(servers.JP, 'copied');
  }
}
