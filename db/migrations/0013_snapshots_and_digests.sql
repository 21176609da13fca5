-- What snapshots and digests need on both sides: that what was told is what should be told, buckets in SQL, lines that cannot be applied.

-- How far the shares of a stream have been compared with the registry. Not a column of the stream: writers hold its row for as long as
-- they record, and nobody who only looks should wait for them.
create table share_check (
  stream_id  text primary key references stream on delete cascade,
  checked_to bigint,      -- members up to this id are done; null: all are
  checked_at timestamptz, -- when all were, last
  check (checked_to is not null or checked_at is not null)
);
alter table share_check enable row level security;
create policy decider_works on share_check for all to mra_decider using (true) with check (true);
create policy of_the_exchange on share_check for select to mra_service using (caller_runs_exchange());
grant select, insert, update, delete on share_check to mra_decider;
grant select on share_check to mra_service;

-- Compares the next members of a stream with what its partner was told of them; returns whether all have been compared. Every change is
-- told in its own transaction, so the two differ only where somebody changed a row by hand: this tells it, as an event. It reads without
-- a lock, which is five seconds for 100,000 members; a sweep would hold the row of the stream, and so the writers, for ten.
-- since: a comparison of all that ended later will do.
create function check_shares(which text, at_once integer, since timestamptz) returns boolean
  language plpgsql volatile security definer
  set search_path = public, pg_temp
  -- From a member to its few rows by an index, also where statistics are missing.
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
  set jit = off as $$
declare
  s stream;
  last share_check;
  moment timestamptz := now_in_milliseconds();
  ids bigint[];
  stale bigint[];
begin
  if not caller_runs_exchange() then
    raise exception 'checks are the work of the exchange' using errcode = 'insufficient_privilege';
  end if;
  select * into s from stream where id = which;
  if s.id is null then return true; end if;
  -- Of a new stream every share has just been made from the registry.
  insert into share_check (stream_id, checked_at) values (which, s.created_at) on conflict do nothing;
  -- Whoever else compares now waits here, and goes on behind these members.
  select * into last from share_check where stream_id = which for update;
  if last.checked_to is null and last.checked_at > since then return true; end if;
  select array_agg(m.id order by m.id) into ids
    from (select id from membership where source is null and id > coalesce(last.checked_to, 0) order by id limit at_once) m;
  if ids is null then
    update share_check set checked_to = null, checked_at = moment where stream_id = which;
    return true;
  end if;
  -- Planned each time for this many members: the plan that would be kept after five times takes twice as long.
  execute $query$
    select array_agg(coalesce(d.membership_id, h.membership_id))
      from shared_records($1, $2, $3) d
      full join (select * from share x where x.stream_id = $4 and x.membership_id = any ($3)) h on h.membership_id = d.membership_id
     where h.membership_id is null or d.membership_id is null or d.agreement <> h.agreement
        or d.record - 'version' <> h.record - 'version' or d.communicated <> h.communicated
    $query$ into stale using s.partner, moment, ids, which;
  -- It looks again, under the lock: some of them may have changed just now.
  if stale is not null then perform refresh_shares(stale, moment, 'check:' || gen_random_uuid(), which); end if;
  update share_check set checked_to = ids[array_upper(ids, 1)] where stream_id = which;
  return false;
end
$$;
alter function check_shares(text, integer, timestamptz) owner to mra_decider;
revoke execute on function check_shares(text, integer, timestamptz) from public;
grant execute on function check_shares(text, integer, timestamptz) to mra_service;

-- The bucket of a member in a digest: bucketOf of packages/exchange-protocol.
create function digest_bucket(programme text, number text, buckets integer) returns integer
  language sql immutable strict
  return (get_byte(sha256(convert_to(programme || '/' || number, 'UTF8')), 0) * 256
          + get_byte(sha256(convert_to(programme || '/' || number, 'UTF8')), 1)) % buckets;

-- A line that cannot be applied waits for quarantine; its record is as it came.
alter table snapshot_load_line
  add column code text,
  add column errors jsonb check (jsonb_typeof(errors) = 'array'),
  add check ((code is null) = (errors is null));
create index snapshot_load_line_by_member on snapshot_load_line (load_id, programme, normalised);
-- Without statistics of what has just arrived, the planner would join it line by line.
grant maintain on snapshot_load_line to mra_service;

-- What a partner told last of a member where that could not be applied: it counts in a comparison of digests.
create index quarantine_told on quarantine (partner, programme, number) where state in ('open', 'discarded');
