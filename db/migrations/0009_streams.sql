-- What partners are told: streams, what each was told last, and the events that make up the difference, in one gapless order.

-- Whether the transaction does the exchange's own work, for all partners.
create function caller_runs_exchange() returns boolean
  language sql stable
  return coalesce(current_setting('mra.exchange', true), '') = 'on';

-- Endpoints of other administrations, as registered by the operators of this one; nothing of it is ever taken from a message.
create table partner (
  code            text primary key check (code ~ '^[A-Z]{2}$'),
  administrations text[] not null check (cardinality(administrations) > 0), -- whose programmes it may speak of
  acts_as         text not null check (acts_as ~ '^[A-Z]{2}$'),             -- whose partner it is here
  issuer          text not null unique,
  jwks_url        text,
  jwks            jsonb,
  token_endpoint  text,
  client_id       text,
  push_origins    text[] not null,
  receive_by      text not null check (receive_by in ('poll', 'push', 'nothing')),
  cadence_seconds integer not null check (cadence_seconds > 0),
  registered_at   timestamptz not null default clock_timestamp(),
  check ((jwks_url is null) <> (jwks is null))
);

-- The stream to a partner (one each). Each side says how far it wants the stream to run; the stricter holds.
create table stream (
  id                 text primary key,
  partner            text not null unique references partner,
  configuration      jsonb not null,
  wanted_transmitter text not null default 'enabled' check (wanted_transmitter in ('enabled', 'paused', 'disabled')),
  wanted_receiver    text not null default 'enabled' check (wanted_receiver in ('enabled', 'paused', 'disabled')),
  reason             text,
  deliver_through    bigint,
  last_seq           bigint not null default 0 check (last_seq >= 0),
  -- Going through all members again: those up to this id are done; null: all are. silent: for a partner that will load a snapshot.
  swept_to           bigint default 0,
  sweep_is_silent    boolean not null default true,
  coverage           text,          -- the rules in force when the last sweep began, as a hash
  verified_at        timestamptz,   -- when a verification was last asked for
  created_at         timestamptz not null default clock_timestamp(),
  -- Of delivery by push.
  attempts           integer not null default 0,
  next_attempt_at    timestamptz,
  last_error         text,
  last_error_at      timestamptz,
  last_delivery_at   timestamptz
);

-- Whoever delivers holds this row for as long as it does: two workers never deliver one stream at once, and writers do not wait for them.
create table delivery_turn (
  stream_id text primary key references stream on delete cascade
);

-- What a partner was told last of each member; seq 0: it is in the snapshot that the partner begins with.
create table share (
  stream_id     text not null references stream on delete cascade,
  membership_id bigint not null references membership,
  agreement     text not null,
  record        jsonb not null,
  communicated  tstzrange not null,
  seq           bigint not null,
  hash          text, -- of the record, written by whoever needs it first
  primary key (stream_id, membership_id)
);

-- When time alone may change what partners should be told of a member: the next bound of a period of status or consent.
create table share_due (
  membership_id bigint primary key references membership,
  due_at        timestamptz not null
);
create index share_due_by_time on share_due (due_at);

create table outbox (
  stream_id     text not null references stream on delete cascade,
  seq           bigint not null check (seq > 0),
  jti           text not null unique,
  event         text not null check (event in ('membershipPublished', 'statusChanged', 'recordCorrected', 'communicationEnded',
                                               'verification', 'streamUpdated')),
  membership_id bigint references membership,
  payload       jsonb not null,
  toe           timestamptz not null,
  txn           text not null,
  committed_at  timestamptz not null,
  settled_at    timestamptz,
  outcome       text check (outcome in ('delivered', 'refused')),
  error         jsonb,
  primary key (stream_id, seq),
  check ((settled_at is null) = (outcome is null))
);
create index outbox_unsettled on outbox (stream_id, seq) where settled_at is null;
create index outbox_settled on outbox (settled_at) where settled_at is not null;

-- The types of events that a stream delivers; the framework's two come in any case.
create function delivers(configuration jsonb, event text) returns boolean
  language sql immutable
  return case event
           when 'verification' then true
           when 'streamUpdated' then true
           when 'membershipPublished' then configuration -> 'events_delivered' ? 'urn:aeo-mra:event:membership-published'
           when 'statusChanged' then configuration -> 'events_delivered' ? 'urn:aeo-mra:event:status-changed'
           when 'recordCorrected' then configuration -> 'events_delivered' ? 'urn:aeo-mra:event:record-corrected'
           when 'communicationEnded' then configuration -> 'events_delivered' ? 'urn:aeo-mra:event:communication-ended'
         end;

-- From when on two lists of status periods say something else; a list that was cut is silent about what lies before its first period.
create function statuses_differ_from(told jsonb, now_said jsonb) returns timestamptz
  language sql immutable
begin atomic
  with t as (
    select s ->> 'component' as component, s ->> 'type' as type, s ->> 'status' as status,
           tstzrange((s ->> 'from')::timestamptz, (s ->> 'to')::timestamptz) as valid
      from jsonb_array_elements(told) s
  ), n as (
    select s ->> 'component' as component, s ->> 'type' as type, s ->> 'status' as status,
           tstzrange((s ->> 'from')::timestamptz, (s ->> 'to')::timestamptz) as valid
      from jsonb_array_elements(now_said) s
  )
  select min(b.bound)
    from (select unnest(array[lower(valid), upper(valid)]) as bound from t
          union select unnest(array[lower(valid), upper(valid)]) from n) b
   where b.bound >= (select min(lower(valid)) from t)
     and (exists (select component, type, status from t where valid @> b.bound
                  except select component, type, status from n where valid @> b.bound)
          or exists (select component, type, status from n where valid @> b.bound
                     except select component, type, status from t where valid @> b.bound));
end;

-- Brings what partners are told of these members in line with what they should be told at a moment: where the two differ, one event
-- a member and stream goes into the outbox, in the transaction that changed the registry. The row of the stream is locked first, and
-- each statement then sees all that was committed before: so numbers have no gaps and are in commit order.
-- silently: no events, for a stream whose partner is to load a snapshot.
create function refresh_shares(members bigint[], moment timestamptz, cause text, one_stream text default null, silently boolean default false)
  returns bigint
  language plpgsql volatile security definer
  set search_path = public, pg_temp as $$
declare
  s record;
  added bigint;
  total bigint := 0;
  streams integer := 0;
begin
  for s in
    select t.id, t.partner, t.last_seq, t.configuration from stream t
     where (one_stream is null or t.id = one_stream) and t.wanted_transmitter <> 'disabled' and t.wanted_receiver <> 'disabled'
     order by t.id for update
  loop
    streams := streams + 1;
    with desired as materialized (
      select * from shared_records(s.partner, moment, members)
    ), difference as (
      select coalesce(d.membership_id, h.membership_id) as membership_id, coalesce(d.agreement, h.agreement) as agreement,
             d.record, d.communicated, h.record as told, h.communicated as was_communicated,
             case when h.membership_id is null then 'membershipPublished'
                  when d.membership_id is null then 'communicationEnded'
                  when d.record -> 'statuses' <> h.record -> 'statuses' or d.record -> 'type' <> h.record -> 'type'
                       or d.record -> 'validFrom' <> h.record -> 'validFrom' or d.record -> 'validTo' <> h.record -> 'validTo'
                    then 'statusChanged'
                  else 'recordCorrected' end as event
        from desired d
        full join (select * from share x where x.stream_id = s.id and x.membership_id = any (members)) h
          on h.membership_id = d.membership_id
       where h.membership_id is null or d.membership_id is null or d.agreement <> h.agreement
          or d.record - 'version' <> h.record - 'version' or d.communicated <> h.communicated
    ), numbered as (
      select x.*, case when x.is_sent then s.last_seq + sum(x.is_sent::int) over (order by x.membership_id) end as seq
        from (select *, not silently and delivers(s.configuration, event) as is_sent from difference) x
    ), sent as (
      insert into outbox (stream_id, seq, jti, event, membership_id, payload, toe, txn, committed_at)
      select s.id, n.seq, gen_random_uuid()::text, n.event, n.membership_id,
             jsonb_build_object('seq', n.seq, 'agreement', n.agreement)
               || case when n.record is null
                    then jsonb_build_object('member', jsonb_build_object('programme', n.told ->> 'programme', 'number', n.told ->> 'number'))
                    else jsonb_build_object('record', n.record, 'communicated',
                           jsonb_build_object('from', instant(lower(n.communicated)), 'to', instant(upper(n.communicated)))) end,
             case n.event
               when 'statusChanged' then coalesce(statuses_differ_from(n.told -> 'statuses', n.record -> 'statuses'), moment)
               when 'communicationEnded' then communication_ended_from(n.membership_id, n.told, n.was_communicated, s.partner, moment)
               else moment end,
             cause, moment
        from numbered n where n.seq is not null
      returning 1
    ), ended as (
      delete from share x using numbered n where x.stream_id = s.id and x.membership_id = n.membership_id and n.record is null
    ), told as (
      insert into share as x (stream_id, membership_id, agreement, record, communicated, seq)
      select s.id, n.membership_id, n.agreement, n.record, n.communicated, coalesce(n.seq, s.last_seq)
        from numbered n where n.record is not null
      on conflict (stream_id, membership_id) do update
        set agreement = excluded.agreement, record = excluded.record, communicated = excluded.communicated, seq = excluded.seq, hash = null
    )
    select count(*) into added from sent;
    if added > 0 then
      update stream set last_seq = last_seq + added where id = s.id;
      perform pg_notify('mra_outbox', s.id);
    end if;
    total := total + added;
  end loop;
  if streams > 0 then
    with bounds as (
      select b.membership_id, min(b.bound) as due_at
        from (select x.membership_id, unnest(array[lower(x.valid), upper(x.valid)]) as bound
                from membership_status x where x.membership_id = any (members) and upper_inf(x.known)
              union all
              select x.membership_id, unnest(array[lower(x.valid), upper(x.valid)])
                from membership_consent x where x.membership_id = any (members) and upper_inf(x.known)) b
        join membership m on m.id = b.membership_id and m.source is null
       where b.bound > moment group by 1
    ), past as (
      delete from share_due d where d.membership_id = any (members) and not exists (select from bounds b where b.membership_id = d.membership_id)
    )
    insert into share_due as d (membership_id, due_at) select membership_id, due_at from bounds
    on conflict (membership_id) do update set due_at = excluded.due_at where d.due_at <> excluded.due_at;
  end if;
  return total;
end
$$;

-- From when on a member is no longer communicated: where its consent no longer covers what it covered when told, or its type or status
-- is no longer what was told, if that lies before the moment.
create function communication_ended_from(member bigint, told jsonb, was_communicated tstzrange, receiver text, moment timestamptz)
  returns timestamptz
  language sql stable
begin atomic
  select least(moment, upper(was_communicated),
               (select min(coalesce(lower(gone), first.known))
                  from unnest(was_communicated::tstzmultirange
                              - consent_to(member, territories_of(receiver, moment), first.assumed)) gone),
               statuses_differ_from(told -> 'statuses',
                 (select coalesce(jsonb_agg(status_entry(s.component, s.type, s.status, s.valid)), '[]')
                    from membership_status s where s.membership_id = member and upper_inf(s.known))))
    from (select (select min((t ->> 'from')::timestamptz) from jsonb_array_elements(told -> 'statuses') t) as known,
                 coalesce((select p.consent in ('none', 'unknown') from programme p
                            where p.id = told ->> 'programme' and upper_inf(p.known) and p.valid @> moment), false) as assumed) first;
end;

-- One event of the framework itself (verification, stream updated); returns its seq.
create function append_stream_event(to_stream text, name text, content jsonb, cause text) returns bigint
  language plpgsql volatile security definer
  set search_path = public, pg_temp as $$
declare
  number bigint;
  moment timestamptz := now_in_milliseconds();
begin
  if not exists (select from stream where id = to_stream and (partner = caller_administration() or caller_runs_exchange())) then
    raise exception 'no such stream' using errcode = 'insufficient_privilege';
  end if;
  update stream set last_seq = last_seq + 1 where id = to_stream returning last_seq into number;
  insert into outbox (stream_id, seq, jti, event, payload, toe, txn, committed_at)
  values (to_stream, number, gen_random_uuid()::text, name, jsonb_build_object('seq', number) || content, moment, cause, moment);
  perform pg_notify('mra_outbox', to_stream);
  return number;
end
$$;

-- Goes through the next members of a sweep; returns whether it is complete.
create function sweep_stream(which text, at_once integer) returns boolean
  language plpgsql volatile security definer
  set search_path = public, pg_temp as $$
declare
  s stream;
  ids bigint[];
begin
  if not caller_runs_exchange() then
    raise exception 'sweeps are the work of the exchange' using errcode = 'insufficient_privilege';
  end if;
  select * into s from stream where id = which for update;
  if s.id is null or s.swept_to is null then return true; end if;
  if s.swept_to = 0 then
    update stream set coverage = coverage_of(s.partner, now_in_milliseconds()) where id = which;
  end if;
  select array_agg(m.id order by m.id) into ids
    from (select id from membership where source is null and id > s.swept_to order by id limit at_once) m;
  if ids is null then
    update stream set swept_to = null, sweep_is_silent = false where id = which;
    return true;
  end if;
  perform refresh_shares(ids, now_in_milliseconds(), 'sweep:' || gen_random_uuid(), which, s.sweep_is_silent);
  update stream set swept_to = ids[array_upper(ids, 1)] where id = which;
  return false;
end
$$;

-- The rules in force between this deployment and a partner, as a hash: a change of it begins a sweep.
create function coverage_of(receiver text, moment timestamptz) returns text
  language sql stable
begin atomic
  select md5(coalesce(string_agg(r::text, E'\n' order by r.rule), '')) from rules_in_force(receiver, moment) r;
end;

-- Begins a sweep of each stream whose rules have changed, by a recording or by the passing of time; returns how many.
create function begin_due_sweeps() returns bigint
  language plpgsql volatile security definer
  set search_path = public, pg_temp as $$
declare
  begun bigint;
begin
  update stream s set swept_to = 0, sweep_is_silent = false
   where s.swept_to is null and s.wanted_transmitter <> 'disabled' and s.wanted_receiver <> 'disabled'
     and s.coverage is distinct from coverage_of(s.partner, now_in_milliseconds());
  get diagnostics begun = row_count;
  return begun;
end
$$;

-- Tells partners what the passing of time has changed about members; returns how many members were due.
create function refresh_due_shares(at_once integer) returns bigint
  language plpgsql volatile security definer
  set search_path = public, pg_temp as $$
declare
  ids bigint[];
  moment timestamptz := now_in_milliseconds();
begin
  perform pg_advisory_xact_lock(7005); -- one process at a time
  select array_agg(d.membership_id) into ids
    from (select membership_id from share_due where due_at <= moment order by due_at limit at_once) d;
  if ids is null then return 0; end if;
  perform refresh_shares(ids, moment, 'due:' || gen_random_uuid());
  -- Without any stream nothing is due.
  delete from share_due where membership_id = any (ids) and due_at <= moment;
  return cardinality(ids);
end
$$;

do $$
declare
  thing text;
begin
  foreach thing in array array['refresh_shares(bigint[], timestamptz, text, text, boolean)', 'append_stream_event(text, text, jsonb, text)',
                               'sweep_stream(text, integer)', 'begin_due_sweeps()', 'refresh_due_shares(integer)'] loop
    execute format('alter function %s owner to mra_decider', thing);
    execute format('revoke execute on function %s from public', thing);
    execute format('grant execute on function %s to mra_service', thing);
  end loop;
end
$$;
grant select on partner to mra_decider;
grant select, update on stream to mra_decider;
grant select, insert, update, delete on share, share_due to mra_decider;
grant select, insert on outbox to mra_decider;

grant select, insert, update, delete on partner to mra_service;
grant select, insert, update, delete on stream to mra_service;
grant select, insert, update, delete on delivery_turn to mra_service;
grant select, update (hash) on share to mra_service;
grant select on share_due to mra_service;
grant select, delete, update (settled_at, outcome, error) on outbox to mra_service;

-- A partner sees what is its own, operators see all.
do $$
declare
  part text;
begin
  foreach part in array array['partner', 'stream', 'delivery_turn', 'share', 'share_due', 'outbox'] loop
    execute format('alter table %I enable row level security', part);
    execute format('create policy decider_works on %I for all to mra_decider using (true) with check (true)', part);
  end loop;
  foreach part in array array['delivery_turn', 'share', 'outbox'] loop
    execute format('create policy with_its_stream on %I for all to mra_service
                      using (exists (select from stream s where s.id = stream_id)) with check (exists (select from stream s where s.id = stream_id))', part);
  end loop;
end
$$;
create policy of_the_partner on partner for select to mra_service using (code = caller_administration() or caller_runs_exchange());
create policy of_the_exchange on partner for all to mra_service using (caller_runs_exchange()) with check (caller_runs_exchange());
create policy of_the_exchange on share_due for select to mra_service using (caller_runs_exchange());
create policy of_the_partner on stream for all to mra_service
  using (partner = caller_administration() or caller_runs_exchange())
  with check (partner = caller_administration() or caller_runs_exchange());
