import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Tables that are not facts on two time axes, and why. */
const NOT_FACTS: Readonly<Record<string, string>> = {
  change_log: 'what was recorded, in order; never changes',
  copy: 'what a partner told last of a member; the facts that it became are in the tables of facts',
  delivery_turn: 'a row to lock for each stream',
  exchange_report: 'what happened in the exchange, for operations',
  idempotency_key: 'answers given, kept for a day',
  import_line: 'lines of a list that is arriving',
  import_line_arrived: 'the same, as COPY brings them',
  import_upload: 'lists that are arriving',
  inbound_event: 'events received, by jti',
  inbound_stream: 'how far the stream of a partner has been applied',
  inbound_turn: 'whose turn it is to receive from a partner',
  kysely_migration: 'of the migrator',
  kysely_migration_lock: 'of the migrator',
  life_cycle_check: 'members whose statuses are to be checked before the transaction ends',
  log_head: 'one row: the head of the log',
  membership: 'who is meant; every fact about it refers to it',
  membership_doubt: 'that a copy cannot be relied on: about knowledge alone',
  membership_facts: 'texts made of the facts, for answers',
  membership_facts_due: 'members whose texts are to be written before the transaction ends',
  membership_event: 'what was posted, in order; never changes. Its effects are periods of status, type and consent',
  network_version: 'when each version became known; never changes',
  outbox: 'events to partners, in order',
  partner: 'endpoints of other administrations, as registered now',
  quarantine: 'what could not be applied',
  seed_load: 'which files were loaded',
  share: 'what a partner was told last of a member; what it was told before is in the outbox',
  share_check: 'how far what partners were told has been compared with the registry',
  share_due: 'when to look again at what partners should be told',
  snapshot: 'of a stream, for a day',
  snapshot_file: 'of a snapshot',
  snapshot_load: 'a snapshot that is arriving',
  snapshot_load_line: 'its lines',
  stream: 'how a partner is told',
  synchronisation: 'a row for each time a partner was heard; never changes',
};

/** Facts whose validity does not divide them: a member has one record known at a time, with its validity in it. */
const ONE_KNOWN_AT_A_TIME = ['membership_record'];

/** Facts about members, which come by the million: checked once for all rows of a statement (db/migrations/0059). */
const CHECKED_IN_SETS = ['membership_consent', 'membership_identifier', 'membership_record', 'membership_status'];

/** Tables of one administration's own that row-level security does not cover, and why. */
const OPEN_TO_THE_SERVICE: Readonly<Record<string, string>> = {
  idempotency_key: 'answers given, found only by the client id of a token and the key that it chose',
  import_line_arrived: 'may only be added to; what is there is read as import_line, which is covered',
  import_upload: 'an id, a client and a time; the lines are covered',
  synchronisation: 'how fresh a partner is, which every answer tells',
};

/** Rows that nobody may change or remove. */
const APPEND_ONLY = ['change_log', 'membership', 'membership_event', 'network_version', 'synchronisation'];

interface Table {
  readonly name: string;
  readonly owner: string;
  readonly secured: boolean;
  readonly columns: readonly string[];
  /** `period not null` columns. */
  readonly periods: readonly string[];
  readonly exclusions: readonly string[];
  readonly readPolicies: number;
}

let database: TestDatabase;
let tables: readonly Table[];
beforeAll(async () => {
  database = await createTestDatabase();
  const { rows } = await database.asOwner(`
    select c.relname as name, c.relrowsecurity as secured, pg_get_userbyid(c.relowner) as owner,
           array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
           array(select a.attname::text from pg_attribute a
                  where a.attrelid = c.oid and a.atttypid = 'period'::regtype and a.attnotnull) as periods,
           array(select pg_get_constraintdef(x.oid) from pg_constraint x where x.conrelid = c.oid and x.contype = 'x') as exclusions,
           (select count(*)::int from pg_policy p
             where p.polrelid = c.oid and p.polcmd in ('r', '*') and 'mra_service'::regrole = any (p.polroles)) as "readPolicies"
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
     order by c.relname`);
  tables = rows;
});

test('packages/registry/src/database.ts is what kysely-codegen makes of the migrated database', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mra-types-'));
  try {
    const file = join(folder, 'database.ts');
    const codegen = createRequire(import.meta.url).resolve('kysely-codegen/package.json');
    const program = join(dirname(codegen), 'dist/cli/bin.js');
    const args = [program, '--config-file', join(root, '.kysely-codegenrc.json'), '--out-file', file];
    const env = { ...process.env, DATABASE_URL: database.url };
    await promisify(execFile)(process.execPath, args, { cwd: root, env });
    await expect(await readFile(file, 'utf8')).toMatchFileSnapshot('../../packages/registry/src/database.ts');
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('tables of facts', () => {
  const facts = () => tables.filter(({ name }) => !(name in NOT_FACTS));

  test('are all but those listed, which exist', () => {
    expect(facts().length).toBeGreaterThan(12);
    const names = tables.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys({ ...NOT_FACTS, ...OPEN_TO_THE_SERVICE })));
  });

  test('have both time axes, which are never unknown', () => {
    for (const { name, periods } of facts()) expect(periods.toSorted(), name).toEqual(['known', 'valid']);
  });

  test('cannot hold two facts about one thing that are valid and known at once', () => {
    for (const { name, exclusions } of facts().filter(({ name }) => !CHECKED_IN_SETS.includes(name))) {
      const axes = ONE_KNOWN_AT_A_TIME.includes(name) ? ['known'] : ['valid', 'known'];
      expect(exclusions.length, name).toBe(1);
      // Written as expressions, so that the planner looks nothing up in them (db/migrations/0031).
      const columns = exclusions[0]?.replaceAll(/\(+(\w+)\)::tstzrange \* '\(,\)'::tstzrange\)+/g, '$1');
      for (const axis of axes) expect(columns, name).toContain(`${axis} WITH &&`);
      expect(exclusions[0], name).toMatch(/^EXCLUDE USING gist \(.* WITH =, /);
    }
  });

  test('about members are checked after each statement that adds or changes them (overlaps.test.ts)', async () => {
    const { rows } = await database.asOwner(`
      select c.relname as name, t.tgname as trigger, pg_get_triggerdef(t.oid) as definition, t.tgenabled as enabled
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
       where t.tgfoid = 'refuse_overlaps'::regproc order by c.relname, t.tgname`);
    const expected = CHECKED_IN_SETS.flatMap((name) => [
      { name, trigger: `${name}_no_overlap`, event: 'INSERT', enabled: 'O' },
      { name, trigger: `${name}_no_overlap_again`, event: 'UPDATE', enabled: 'O' },
    ]);
    const event = (definition: string) => /AFTER (\w+) ON .* FOR EACH STATEMENT/.exec(definition)?.[1];
    expect(rows.map(({ definition, ...row }) => ({ ...row, event: event(definition) }))).toEqual(expected);
  });
});

describe('roles', () => {
  test('row-level security covers everything that belongs to one administration', () => {
    const own = tables.filter(({ name, columns }) => {
      const isNetwork = ['programme', 'identifier_scheme'].includes(name);
      return (
        !isNetwork && ['membership_id', 'administration', 'upload_id', 'client'].some((it) => columns.includes(it))
      );
    });
    expect(own.length).toBeGreaterThan(8);
    for (const { name, secured, readPolicies } of own.filter((table) => !(table.name in OPEN_TO_THE_SERVICE))) {
      expect({ name, secured, isReadable: readPolicies > 0 }).toEqual({ name, secured: true, isReadable: true });
    }
  });

  test('neither can bypass it, owns a table, or can log in', async () => {
    const { rows } = await database.asOwner(
      `select rolname, rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname in ('mra_decider', 'mra_service') order by rolname`,
    );
    const harmless = { rolsuper: false, rolbypassrls: false, rolcanlogin: false };
    expect(rows).toEqual(['mra_decider', 'mra_service'].map((rolname) => ({ rolname, ...harmless })));
    expect(tables.filter(({ owner }) => owner.startsWith('mra_'))).toEqual([]);
  });

  test.each(APPEND_ONLY)('the service cannot change or remove a row of %s', async (table) => {
    const { rows } = await database.asOwner(
      `select has_table_privilege('mra_service', $1, 'update') as update, has_table_privilege('mra_service', $1, 'delete') as delete,
              has_table_privilege('mra_service', $1, 'truncate') as truncate`,
      [table],
    );
    expect(rows).toEqual([{ update: false, delete: false, truncate: false }]);
  });
});
