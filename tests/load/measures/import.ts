import { once } from 'node:events';
import { request } from 'node:http';
import { FIRST_NUMBER } from '../build-members.ts';
import { onServer } from '../databases.ts';
import { type Figure, rate } from '../table.ts';
import { type Bench, startService, withProcesses } from './bench-context.ts';

/** The tables that an import fills, in the order of their keys, with the column by which they are cut, and the rows that are its own. */
const TABLES = {
  membership: { column: 'id', condition: 'true' },
  membership_record: { column: 'membership_id', condition: 'true' },
  membership_status: { column: 'membership_id', condition: 'true' },
  membership_consent: { column: 'membership_id', condition: 'true' },
  membership_identifier: { column: 'membership_id', condition: 'true' },
  change_log: { column: 'seq', condition: `subject = 'membership'` },
} as const;

/** Members copied at a time: what is checked after each statement would not fit in memory for a million. */
const PIECE = 50_000;

const AIM = 0.4;
const BLOCK = 500;

/** A list loaded through the API, against a plain COPY of the rows that it made into the same tables of a database like it. */
export async function measureImport(bench: Bench, imported: string, copied: string): Promise<readonly Figure[]> {
  const { imported: members } = bench.options;
  const took = await withProcesses({ service: () => startService(bench, imported, 'import') }, ({ service }) =>
    importList(bench, service.port, members),
  );
  bench.say(`  imported in ${took.toFixed(1)} s`);
  const copy = await copyRows(imported, copied, members);
  return [
    {
      what: `import of ${members.toLocaleString('en')} members`,
      measured: rate(members / took),
      against: 'COPY of the same rows',
      baseline: rate(members / copy),
      ratio: copy / took,
      aim: `≥ ${AIM}`,
      met: copy / took >= AIM,
      samples: { importSeconds: took, copySeconds: copy },
    },
  ];
}

/** @returns seconds from the first byte sent to the answer */
async function importList({ issuer }: Bench, port: number, members: number): Promise<number> {
  const token = await issuer.sign('bench', 'registry:write', 'EU');
  const began = performance.now();
  const sending = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/v1/imports?programme=eu-aeo&mode=full',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
  });
  const answered = once(sending, 'response');
  for (let first = 0; first < members; first += BLOCK) {
    const lines = Array.from({ length: Math.min(BLOCK, members - first) }, (_, index) => lineOf(first + index));
    if (!sending.write(lines.join(''))) await Promise.race([once(sending, 'drain'), answered]);
  }
  sending.end();
  const [response] = (await answered) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  const took = (performance.now() - began) / 1000;
  const { created } = JSON.parse(text) as { created?: number };
  if (response.statusCode !== 200 || created !== members)
    throw new Error(`the import was answered ${response.statusCode}: ${text.slice(0, 500)}`);
  return took;
}

function lineOf(index: number): string {
  const digits = FIRST_NUMBER + index;
  const type = ['AEOF', 'AEOF', 'AEOC', 'AEOS'][index % 4] ?? 'AEOF';
  return `${JSON.stringify({
    number: `DE${type}${digits}`,
    type,
    validFrom: '2019-04-01',
    validatedOn: '2019-03-15',
    issuingCountry: 'DE',
    issuingOffice: 'DE004600',
    names: [{ name: `Invented Logistics ${digits} GmbH`, kind: 'legal', language: 'de' }],
    addresses: [{ kind: 'registered', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457', country: 'DE' }],
    identifiers: [{ scheme: 'eori', value: `DE${digits}` }],
    roles: ['exporter', 'importer'],
    consent: { given: true },
  })}\n`;
}

/** @returns seconds of one transaction that copies all rows from files of the server, constraints checked at its end included */
async function copyRows(from: string, to: string, members: number): Promise<number> {
  const pieces = Array.from({ length: Math.ceil(members / PIECE) }, (_, piece) => piece * PIECE);
  const folder = await onServer(from, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory ?? '';
  });
  const fileOf = (table: string, piece: number) => `'${folder}/bench-${table}-${piece}'`;
  const dump = ([table, { column, condition }]: [string, (typeof TABLES)[keyof typeof TABLES]]) =>
    onServer(from, async (client) => {
      const { rows } = await client.query<{ first: number }>(
        `select min(${column}) as first from ${table} where ${condition}`,
      );
      for (const piece of pieces) {
        const first = Number(rows[0]?.first) + piece;
        const isIn = `${condition} and ${column} >= ${first} and ${column} < ${first + PIECE}`;
        await client.query(`copy (select * from ${table} where ${isIn}) to ${fileOf(table, piece)}`);
      }
    });
  await Promise.all(Object.entries(TABLES).map(dump));
  return onServer(to, async (client) => {
    const began = performance.now();
    await client.query('begin');
    for (const piece of pieces) {
      for (const table of Object.keys(TABLES)) await client.query(`copy ${table} from ${fileOf(table, piece)}`);
      await client.query('set constraints all immediate');
      await client.query('set constraints all deferred');
    }
    await client.query('commit');
    const took = (performance.now() - began) / 1000;
    const { rows } = await client.query<{ copied: number }>('select count(*)::int as copied from membership_record');
    if (rows[0]?.copied !== members) throw new Error(`${rows[0]?.copied} of ${members} members were copied`);
    return took;
  });
}
