-- What is received: how far each partner's stream has been applied, what was told of each copy, and what could not be applied.

-- A copy has the names that its agreement lets be sent, which may be none.
alter table membership_record drop constraint membership_record_names_check,
  add constraint membership_record_names_check check (jsonb_typeof(names) = 'array');

create table inbound_stream (
  partner         text primary key references partner,
  stream_id       text,             -- at the partner; null: not made yet
  configuration   jsonb,
  last_applied    bigint not null default 0 check (last_applied >= 0),
  needs_snapshot  boolean not null default true,
  snapshot_reason text,
  heard_at        timestamptz,      -- when the last event in its turn, or a snapshot, was applied
  newest_seq      bigint not null default 0, -- highest seq that was seen
  expected_state  text,             -- of a verification that was asked for
  compared_at     timestamptz,
  failures        integer not null default 0,
  next_attempt_at timestamptz,
  last_error      text,
  last_error_at   timestamptz
);

-- Events by jti, for as long as the stream exists: one that comes again has no effect. Those that wait behind a gap keep their content.
create table inbound_event (
  partner     text not null references inbound_stream on delete cascade,
  jti         text not null,
  seq         bigint,
  received_at timestamptz not null,
  waiting     jsonb,
  primary key (partner, jti)
);
create index inbound_event_waiting on inbound_event (partner, seq) where waiting is not null;

-- What a partner told last of each member. record null: it is no longer communicated. fingerprint: of the rows that this became, so
-- that a comparison of digests finds rows that were changed by hand.
create table copy (
  membership_id bigint primary key references membership,
  partner       text not null references partner,
  agreement     text not null,
  seq           bigint not null,
  record        jsonb,
  hash          text,
  fingerprint   text,
  received_at   timestamptz not null,
  check ((record is null) = (hash is null))
);
create index copy_by_partner on copy (partner, membership_id) where record is not null;

-- What stands in the tables about these members now, as a hash for each.
create function copy_fingerprints(members bigint[]) returns table (membership_id bigint, fingerprint text)
  language sql stable
begin atomic
  select r.membership_id,
         md5(jsonb_build_array(
               r.type, r.valid, r.validated_on, r.issuing_country, r.issuing_office, r.names, r.addresses, r.identifiers, r.roles,
               (select jsonb_agg(jsonb_build_array(s.type, s.component, s.status, s.valid) order by s.component, s.valid)
                  from membership_status s where s.membership_id = r.membership_id and upper_inf(s.known)),
               (select jsonb_agg(jsonb_build_array(c.scope, c.partners, c.except_for, c.valid) order by c.valid)
                  from membership_consent c where c.membership_id = r.membership_id and upper_inf(c.known)),
               (select jsonb_agg(jsonb_build_array(i.origin, i.scheme, i.value, i.normalised, i.recogniser, i.valid)
                                 order by i.origin, i.scheme, i.normalised, i.recogniser, i.valid)
                  from membership_identifier i where i.membership_id = r.membership_id and upper_inf(i.known)))::text)
    from membership_record r
   where r.membership_id = any (members) and upper_inf(r.known);
end;

-- Records that could not be applied, with the reason; each is looked at, tried again or discarded by operations.
create table quarantine (
  id          bigint generated always as identity primary key,
  partner     text not null references partner,
  origin      text not null check (origin in ('event', 'snapshot')),
  jti         text,
  seq         bigint not null,
  programme   text,
  number      text,
  code        text not null,
  errors      jsonb not null check (jsonb_typeof(errors) = 'array'),
  content     jsonb not null,
  content_hash text not null,
  received_at timestamptz not null,
  state       text not null default 'open' check (state in ('open', 'applied', 'discarded', 'superseded')),
  decided_at  timestamptz,
  decided_by  text,
  reason      text,
  check ((state = 'open') = (decided_at is null)),
  check (state <> 'discarded' or reason is not null)
);
create index quarantine_open on quarantine (partner, id) where state = 'open';
create unique index quarantine_once on quarantine (partner, content_hash) where state = 'open';
create index quarantine_by_member on quarantine (programme, number) where state = 'open';

-- What operations should know of an exchange: snapshots applied or refused, repairs, failures that were put right.
create table exchange_report (
  id          bigint generated always as identity primary key,
  partner     text not null references partner,
  reported_at timestamptz not null default clock_timestamp(),
  kind        text not null check (kind in ('snapshot_applied', 'snapshot_refused', 'digest_repaired', 'events_missing', 'stream_updated',
                                            'set_refused', 'delivery_refused')),
  detail      jsonb not null
);
create index exchange_report_by_partner on exchange_report (partner, id desc);

-- A snapshot is loaded aside before any of it is applied. Unlogged: after a crash it is fetched again.
create unlogged table snapshot_load (
  id         uuid primary key default gen_random_uuid(),
  partner    text not null,
  started_at timestamptz not null default clock_timestamp()
);
create unlogged table snapshot_load_line (
  load_id      uuid not null references snapshot_load on delete cascade,
  ordinal      bigint not null,
  agreement    text not null,
  programme    text not null,
  number       text not null,
  normalised   text not null,
  communicated jsonb,
  record       jsonb not null,
  hash         text not null,
  primary key (load_id, ordinal)
);

do $$
declare
  part text;
begin
  foreach part in array array['inbound_stream', 'inbound_event', 'copy', 'quarantine', 'exchange_report', 'snapshot_load', 'snapshot_load_line'] loop
    execute format('alter table %I enable row level security', part);
    execute format('grant select, insert, update, delete on %I to mra_service', part);
    execute format('create policy of_the_exchange on %I for all to mra_service
                      using (caller_runs_exchange()) with check (caller_runs_exchange())', part);
  end loop;
end
$$;
