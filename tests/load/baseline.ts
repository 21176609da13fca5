/**
 * What the service is compared with, as a process of its own: bare Fastify routes that return the bytes of the service's answers.
 * `BASELINE_ANSWERS`: a file with one answer a line, given out in turn. `/bare` does nothing else; `/plain` first makes one plain query.
 */
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import pg from 'pg';

const answers = readFileSync(process.env.BASELINE_ANSWERS ?? '', 'utf8').split('\n');
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL ?? '',
  max: 10,
  options: '-c timezone=UTC',
});

/** What somebody would ask who keeps members without history: who has the identifier, and what is known of its status now. */
const PLAIN = `
  select m.programme, m.number, r.names, r.roles, s.component, s.status, s.valid
    from membership_identifier i
    join membership m on m.id = i.membership_id
    join membership_record r on r.membership_id = m.id and upper_inf(r.known)
    join membership_status s on s.membership_id = m.id and upper_inf(s.known)
   where i.normalised = $1 and upper_inf(i.known)`;

let next = 0;
const answer = (): string => answers[next++ % answers.length] ?? '';

const app = Fastify();
app.post('/bare', async (_request, reply) => {
  reply.type('application/json; charset=utf-8');
  return answer();
});
app.post('/plain', async (request, reply) => {
  const { identifier } = request.body as { identifier: string };
  const { rows } = await pool.query({ name: 'plain', text: PLAIN, values: [identifier] });
  if (rows.length > 100) throw new Error('too many members');
  reply.type('application/json; charset=utf-8');
  return answer();
});

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
console.log(`"Server listening at ${address}"`);
process.once('SIGTERM', () => process.exit(0));
