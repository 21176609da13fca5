-- Two time axes, one ordered log and the roles that separate administrations: everything later stands on these.

create extension if not exists btree_gist;

-- Ranges of instants are not canonicalised by PostgreSQL; this is the one form the tables hold: [from, to), not empty, finite bounds.
create domain period as tstzrange check (
  not isempty(value)
  and (lower_inf(value) or (lower_inc(value) and isfinite(lower(value))))
  and (upper_inf(value) or (not upper_inc(value) and isfinite(upper(value))))
);

-- mra_service: what the processes work as; row-level security binds it.
-- mra_decider: owns the one function that reads all members to answer a question; nobody logs in as it.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['mra_service', 'mra_decider'] loop
    begin
      -- An owner without CREATEROLE finds them made and granted.
      if not exists (select from pg_roles where rolname = role_name) then
        execute format('create role %I nologin nosuperuser nobypassrls', role_name);
      end if;
    exception when duplicate_object or unique_violation then
      null; -- roles belong to the cluster; another database of it has made them
    end;
  end loop;
  -- Whoever creates a role may administer it, which is membership, but not take it: SET is what counts.
  if current_user <> 'mra_service' and not pg_has_role(current_user, 'mra_service', 'set') then
    execute format('grant mra_service to %I', current_user);
  end if;
  if current_user <> 'mra_decider' and not pg_has_role(current_user, 'mra_decider', 'set') then
    execute format('grant mra_decider to %I', current_user);
  end if;
exception when unique_violation or object_in_use then
  null; -- another database of the cluster is granting the same at this moment
end
$$;

grant usage on schema public to mra_service, mra_decider;

-- The head of the change log: its last number, its last instant, and the version of the network. One row.
create table log_head (
  only_row        boolean primary key default true check (only_row),
  seq             bigint not null check (seq >= 0),
  recorded_at     timestamptz not null,
  network_version integer not null check (network_version >= 0)
);
insert into log_head (seq, recorded_at, network_version) values (0, 'epoch', 0);

-- Every change, gapless and in commit order; the exchange reads it, and it is enough to rebuild every fact.
create table change_log (
  seq             bigint primary key,
  recorded_at     timestamptz not null,
  recorded_by     text not null,
  administration  text,
  subject         text not null check (subject in
                    ('membership', 'membership_event', 'local_suspension', 'synchronisation',
                     'administration', 'programme', 'agreement', 'reference')),
  subject_id      text not null,
  network_version integer not null,
  payload         jsonb not null
);
create index change_log_by_time on change_log (recorded_at, seq);
create index change_log_by_subject on change_log (subject, subject_id, seq);

-- When each version of the network became known, so that an answer "as known then" finds the network of then.
create table network_version (
  version     integer primary key,
  recorded_at timestamptz not null
);
create index network_version_by_time on network_version (recorded_at desc, version desc);

-- Instants of knowledge are whole milliseconds, so that every client can write them down exactly.
create function now_in_milliseconds() returns timestamptz
  language sql volatile
  return date_trunc('milliseconds', clock_timestamp());

-- Opens the recording of a change: one writer at a time, and no reader between taking its instant and its snapshot.
-- Whoever answered a question "as known now" before this call did so for an earlier instant; whoever asks later waits for the
-- commit (a few milliseconds). So the same question with the same knownAt gets the same answer for ever.
-- ahead: how far in the future the change becomes known; for long imports, which then hold up no reader (see finish_recording).
create function begin_recording(ahead interval default '0') returns timestamptz
  language plpgsql volatile as $$
declare
  recorded timestamptz;
begin
  perform pg_advisory_xact_lock(7001); -- writers
  if ahead = interval '0' then
    perform pg_advisory_xact_lock(7002); -- readers
  end if;
  update log_head
     set recorded_at = greatest(now_in_milliseconds() + ahead, log_head.recorded_at) + interval '1 millisecond'
  returning log_head.recorded_at into recorded;
  return recorded;
end
$$;

-- The present, once whatever was to be known by then is there to be seen: waits for the change that is being committed.
create function settled_now() returns timestamptz
  language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(7002);
  return now_in_milliseconds();
end
$$;

-- Closes the recording of a change made ahead: it must commit before the instant at which it becomes known.
create function finish_recording(recorded timestamptz) returns boolean
  language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(7002);
  return clock_timestamp() < recorded - interval '250 milliseconds'; -- room for the commit itself
end
$$;

-- Appends to the log within an open recording and returns the number of the entry.
create function append_change(
  recorded timestamptz, client text, owner text, what text, which text, changes_network boolean, content jsonb
) returns bigint
  language plpgsql volatile as $$
declare
  head log_head;
begin
  update log_head
     set seq = seq + 1,
         network_version = network_version
           + (case when changes_network and not exists (select from network_version v where v.recorded_at = recorded)
              then 1 else 0 end)
  returning * into head;
  if changes_network then
    insert into network_version (version, recorded_at) values (head.network_version, recorded)
    on conflict (version) do nothing;
  end if;
  insert into change_log (seq, recorded_at, recorded_by, administration, subject, subject_id, network_version, payload)
  values (head.seq, recorded, client, owner, what, which, head.network_version, content);
  return head.seq;
end
$$;

-- Which seed files were loaded, by content, so that a start loads each once.
create table seed_load (
  name      text not null,
  sha256    text not null,
  loaded_at timestamptz not null default clock_timestamp(),
  primary key (name, sha256)
);

-- Answers to writes that carried an Idempotency-Key, kept in the transaction of the write.
create table idempotency_key (
  client       text not null,
  key          text not null,
  request_hash text not null,
  status       integer not null,
  headers      jsonb not null,
  body         jsonb,
  created_at   timestamptz not null default clock_timestamp(),
  primary key (client, key)
);
create index idempotency_key_by_age on idempotency_key (created_at);
