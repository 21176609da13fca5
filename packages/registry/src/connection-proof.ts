import type pg from 'pg';

/** The role as which the services work; row-level security binds it. */
export const SERVICE_ROLE = 'mra_service';

interface Proof {
  readonly role: string;
  readonly zone: string;
  readonly works: boolean;
  readonly unbound: boolean;
}

// unbound: the login is, or may become, somebody whom the policies do not bind: a superuser, the owner of a table, the decider.
const PROOF = `
  select current_user as role, current_setting('TimeZone') as zone,
         exists (select from pg_roles r where r.rolname = '${SERVICE_ROLE}' and pg_has_role(session_user, r.oid, 'usage')) as works,
         exists (select from pg_roles r
                  where (r.rolsuper or r.rolbypassrls or r.rolname = 'mra_decider'
                         or r.oid in (select c.relowner from pg_class c where c.relrowsecurity))
                    and pg_has_role(session_user, r.oid, 'member')) as unbound`;

/**
 * Proves that row-level security binds whatever is sent over a new connection, before anything is.
 *
 * A session of our own works as `mra_service`. Behind a pooler there are no sessions: any query may run on a connection that another
 * program has used and left in another role or time zone. There the login itself must be bound, whatever role is in force, so it may
 * be nothing but a member of `mra_service`.
 * @throws Error that says what to change
 */
export async function proveConnection(
  client: pg.ClientBase,
  { session }: { readonly session: boolean },
): Promise<void> {
  const { rows } = await client.query<Proof>(PROOF);
  const [found] = rows;
  if (found === undefined) throw new Error('the connection proves nothing');
  if (session) {
    if (found.role === SERVICE_ROLE) return;
    throw new Error(
      `sessions work as ${found.role}, not as ${SERVICE_ROLE}: behind a pooler DATABASE_POOLER must be on`,
    );
  }
  if (!found.works)
    throw new Error(`behind a pooler the login must be a member of ${SERVICE_ROLE} that inherits its rights`);
  if (found.unbound)
    throw new Error(
      `behind a pooler the login may be nothing but a member of ${SERVICE_ROLE}: this one could pass by row-level security`,
    );
  if (!/^(etc\/)?(utc|gmt)$/i.test(found.zone))
    throw new Error(`behind a pooler the login needs the time zone UTC: alter role … set timezone = 'UTC'`);
}
