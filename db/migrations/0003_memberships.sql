-- Who is trusted, since when, and who may know it: every fact that an answer depends on, on both time axes.

create table membership (
  id                bigint generated always as identity primary key,
  administration    text not null check (administration ~ '^[A-Z]{2}$'),
  programme         text not null,
  number            text not null,
  number_normalised text not null check (length(number_normalised) between 1 and 64),
  -- null: this deployment is authoritative; else the administration whose copy it is.
  source            text check (source ~ '^[A-Z]{2}$'),
  unique (programme, number_normalised)
);
create index membership_by_administration on membership (administration, programme, number_normalised);

-- The record as written. valid: from validFrom to validTo of the record.
create table membership_record (
  membership_id   bigint not null references membership,
  version         integer not null check (version > 0),
  type            text not null,
  issuing_country text check (issuing_country ~ '^[A-Z]{2}$'),
  issuing_office  text,
  validated_on    date,
  names           jsonb not null check (jsonb_typeof(names) = 'array' and jsonb_array_length(names) > 0),
  addresses       jsonb not null check (jsonb_typeof(addresses) = 'array'),
  identifiers     jsonb not null check (jsonb_typeof(identifiers) = 'array'),
  roles           text[] not null,
  consent         jsonb,
  valid           period not null check (not lower_inf(valid)),
  known           period not null,
  recorded_by     text not null,
  constraint membership_record_no_overlap exclude using gist (membership_id with =, known with &&)
);
create index membership_record_by_membership on membership_record (membership_id, lower(known) desc);

create table membership_event (
  seq            bigint primary key,
  membership_id  bigint not null references membership,
  type           text not null check (type in
                   ('suspended', 'reinstated', 'revoked', 'annulled', 'withdrawn', 'expired', 'type_changed',
                    'consent_given', 'consent_withdrawn')),
  component      text,
  new_type       text,
  partners       text[],
  effective_from timestamptz not null,
  note           text,
  recorded_at    timestamptz not null,
  recorded_by    text not null,
  check ((type = 'type_changed') = (new_type is not null)),
  check (partners is null or type in ('consent_given', 'consent_withdrawn'))
);
create index membership_event_by_membership on membership_event (membership_id, seq);

create table membership_status (
  membership_id bigint not null references membership,
  type          text not null,
  component     text not null,
  status        text not null check (status in ('active', 'suspended', 'revoked', 'annulled', 'withdrawn', 'expired')),
  valid         period not null check (not lower_inf(valid)),
  known         period not null,
  constraint membership_status_no_overlap exclude using gist (membership_id with =, component with =, valid with &&, known with &&)
);
create index membership_status_by_membership on membership_status (membership_id, lower(known) desc);

-- The life cycle, where no second writer can get round it: what follows what within one component, among what is known last.
create function check_life_cycle() returns trigger
  language plpgsql as $$
declare
  broken record;
begin
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    raise exception 'statuses are written at READ COMMITTED, where this check sees what others have committed';
  end if;
  -- Two writers who did not take turns would each see only their own rows: they take turns here at the latest.
  perform pg_advisory_xact_lock(7001);
  select s.component, s.status as before, s.next_status as after into broken
    from (select component, status, valid, lead(status) over w as next_status, lead(valid) over w as next_valid
            from membership_status
           where membership_id = new.membership_id and upper_inf(known)
          window w as (partition by component order by lower(valid))) s
   where s.next_status is not null
     and s.status <> s.next_status
     and not ((s.status, s.next_status) in (
       ('active', 'suspended'), ('suspended', 'active'),
       ('active', 'revoked'), ('suspended', 'revoked'),
       ('active', 'withdrawn'), ('suspended', 'withdrawn'),
       ('active', 'expired'), ('suspended', 'expired')))
   limit 1;
  if found then
    raise exception 'a % component cannot become %', broken.before, broken.after
      using errcode = 'check_violation', constraint = 'membership_status_life_cycle';
  end if;
  return null;
end
$$;
create constraint trigger membership_status_life_cycle after insert or update on membership_status
  deferrable initially deferred for each row when (upper_inf(new.known)) execute function check_life_cycle();

-- Numbers, identifiers and the codes that presentations make of them; what a question's identifier is looked up in.
create table membership_identifier (
  membership_id bigint not null references membership,
  origin        text not null check (origin in ('number', 'given', 'presented')),
  scheme        text not null default '', -- '': not known
  value         text not null,
  normalised    text not null check (length(normalised) between 1 and 64),
  recogniser    text not null default '', -- of a presented code: who reads it
  valid         period not null,
  known         period not null,
  check ((origin = 'presented') = (recogniser <> '')),
  -- One key of 16 bytes for what identifies the fact: an index of five columns would be slow to write, and the planner might look an
  -- identifier up in it, which it would have to read whole.
  constraint membership_identifier_no_overlap exclude using gist (
    (md5(membership_id || '/' || origin || '/' || scheme || '/' || normalised || '/' || recogniser)::uuid) with =,
    valid with &&, known with &&)
);
create index membership_identifier_by_value on membership_identifier (normalised, membership_id);
create index membership_identifier_by_membership on membership_identifier (membership_id, lower(known) desc);

create table membership_consent (
  membership_id bigint not null references membership,
  scope         text not null check (scope in ('all', 'none', 'unrecorded')),
  partners      text[] not null,
  except_for    text[] not null,
  valid         period not null,
  known         period not null,
  constraint membership_consent_no_overlap exclude using gist (membership_id with =, valid with &&, known with &&)
);
create index membership_consent_by_membership on membership_consent (membership_id, lower(known) desc);

-- The recogniser suspends the benefits that it gives to a partner's member.
create table local_suspension (
  recogniser    text not null check (recogniser ~ '^[A-Z]{2}$'),
  membership_id bigint not null references membership,
  note          text,
  valid         period not null,
  known         period not null,
  recorded_by   text not null,
  constraint local_suspension_no_overlap exclude using gist (recogniser with =, membership_id with =, valid with &&, known with &&)
);
create index local_suspension_by_membership on local_suspension (membership_id);

-- When each partner's data were last heard to be current, and how old they may grow (1.5 times the cadence of then).
create table synchronisation (
  administration  text not null check (administration ~ '^[A-Z]{2}$'),
  programme       text, -- null: all programmes of the administration
  synchronised_at timestamptz not null,
  recorded_at     timestamptz not null,
  max_age_seconds integer not null check (max_age_seconds > 0),
  primary key (administration, recorded_at)
);
