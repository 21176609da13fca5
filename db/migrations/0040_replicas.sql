-- Read-only instances on streaming replicas: what "now" is there, and a heartbeat that moves it on while nothing changes.

-- Milliseconds since 1970 of the last heartbeat. A sequence, because writing to it leaves no dead rows: their removal would hold up a
-- replica while it is read, or break off what reads it.
create sequence replica_heartbeat minvalue 0 start 0;
grant select, update on sequence replica_heartbeat to mra_service;
grant select on sequence replica_heartbeat to mra_decider;
-- For replica_state below: numbers and instants, nothing of what was changed.
grant select on log_head to mra_decider;
grant select (seq, recorded_at) on change_log to mra_decider;
create policy decider_reads on change_log for select to mra_decider using (true);

create function last_heartbeat() returns timestamptz
  language sql volatile
  return (select timestamptz 'epoch' + h.last_value * interval '1 millisecond' from replica_heartbeat h);

-- The present of a replica: the latest instant for which it certainly has everything that was known by then. Recordings arrive in the
-- order of their instants, so it has all up to the head of the log; and when a heartbeat was written, all up to it had been written.
-- A recording made ahead becomes known at its instant, by the clock of the replica or by a heartbeat, whichever comes first.
create function replica_present() returns timestamptz
  language sql volatile
  return (select greatest(last_heartbeat(), least(h.recorded_at, date_trunc('milliseconds', clock_timestamp()))) from log_head h);

-- The one place that says what the present is. Facts must be read by a later statement than the one that takes it.
create or replace function now_in_milliseconds() returns timestamptz
  language sql volatile
  return case when pg_is_in_recovery() then replica_present() else date_trunc('milliseconds', clock_timestamp()) end;

-- As before, and later than any instant of which a replica may have said that it knows all: its heartbeat came from another clock when
-- another server was the primary.
create or replace function begin_recording(ahead interval default '0') returns timestamptz
  language plpgsql volatile as $$
declare
  recorded timestamptz;
begin
  perform pg_advisory_xact_lock(7001); -- writers
  if ahead = interval '0' then
    perform pg_advisory_xact_lock(7002); -- readers
  end if;
  update log_head
     set recorded_at = greatest(now_in_milliseconds() + ahead, log_head.recorded_at, last_heartbeat()) + interval '1 millisecond'
  returning log_head.recorded_at into recorded;
  return recorded;
end
$$;

-- Tells the replicas, if there are any, up to when they have everything; to be called about once a second by every process.
-- Under the readers' lock no recording is between its instant and its commit, so what was known up to this moment precedes it in the
-- log of the server.
-- Returns whether this server is itself a replica.
create function beat_for_replicas() returns boolean
  language plpgsql volatile as $$
begin
  if pg_is_in_recovery() then
    return true;
  end if;
  -- One process at a time, and none where nobody listens.
  if exists (select from pg_stat_replication) and pg_try_advisory_xact_lock(7003) then
    perform set_config('synchronous_commit', 'off', true); -- the order of the log is what counts; writers must not wait for a disk
    perform pg_advisory_xact_lock_shared(7002);
    perform setval('replica_heartbeat', greatest((date_part('epoch', now_in_milliseconds()) * 1000)::bigint, h.last_value))
       from replica_heartbeat h;
  end if;
  return false;
end
$$;

-- How far a server has got. seq: the last change that was known at present_at; behind_ms: by the clock of this server, 0 on a primary.
create function replica_state() returns table (is_replica boolean, present_at timestamptz, seq bigint, behind_ms bigint)
  language plpgsql volatile security definer
  set search_path = public, pg_temp as $$
declare
  present timestamptz := now_in_milliseconds();
begin
  return query
    select pg_is_in_recovery(), present,
           coalesce((select c.seq from change_log c where c.recorded_at <= present order by c.recorded_at desc, c.seq desc limit 1), 0),
           case when pg_is_in_recovery() then greatest(0, (date_part('epoch', clock_timestamp() - present) * 1000)::bigint) else 0 end;
end
$$;
alter function replica_state() owner to mra_decider;
revoke execute on function replica_state() from public;
grant execute on function replica_state() to mra_service;
