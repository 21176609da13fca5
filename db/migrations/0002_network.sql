-- Who recognises whom: administrations, unions, programmes, agreements and their directed rules, each on both time axes, with sources.

create table administration (
  code        text not null check (code ~ '^[A-Z]{2}$'),
  name        text not null,
  territory   text not null,
  kind        text not null check (kind in ('country', 'union', 'territory')),
  sources     text[] not null,
  confidence  text check (confidence in ('high', 'medium', 'low')),
  notes       text,
  valid       period not null,
  known       period not null,
  recorded_by text not null,
  constraint administration_no_overlap exclude using gist (code with =, valid with &&, known with &&)
);

create table union_member (
  union_code  text not null check (union_code ~ '^[A-Z]{2}$'),
  member      text not null check (member ~ '^[A-Z]{2}$' and member <> union_code),
  valid       period not null,
  known       period not null,
  recorded_by text not null,
  constraint union_member_no_overlap exclude using gist (union_code with =, member with =, valid with &&, known with &&)
);

create table programme (
  id              text not null check (id ~ '^[a-z]{2}-[a-z0-9-]+$'),
  administration  text not null check (administration ~ '^[A-Z]{2}$'),
  name            text not null,
  short_name      text not null,
  launch_year     integer,
  types           jsonb not null check (jsonb_typeof(types) = 'array' and jsonb_array_length(types) > 0),
  roles           text[] not null,
  number_patterns jsonb not null check (jsonb_typeof(number_patterns) = 'array'),
  review          jsonb,
  consent         text not null check (consent in ('none', 'all_partners', 'per_partner', 'unknown')),
  sources         text[] not null,
  confidence      text check (confidence in ('high', 'medium', 'low')),
  notes           text,
  valid           period not null,
  known           period not null,
  recorded_by     text not null,
  constraint programme_no_overlap exclude using gist (id with =, valid with &&, known with &&)
);

create table agreement (
  id                    text not null check (id ~ '^[a-z0-9][a-z0-9-]*$'),
  title                 text not null,
  form                  text not null check (form in ('bilateral', 'plurilateral')),
  parties               text[] not null check (cardinality(parties) >= 2),
  citation              text,
  legal_form            text not null check (legal_form in ('binding_decision', 'treaty', 'arrangement', 'unknown')),
  legal_basis           text[] not null,
  life_cycle            text not null check (life_cycle in
                          ('exploratory', 'joint_work_plan', 'comparison', 'joint_validation', 'negotiating', 'signed',
                           'pilot', 'in_force', 'suspended', 'terminated')),
  state                 text check (state in ('open', 'completed', 'superseded', 'exploration')),
  status_basis          text check (status_basis in ('start_date', 'listed', 'inferred', 'signature', 'draft', 'pilot')),
  -- Days as precisely as they are known: 2018, 2018-01 or 2018-01-15 (never padded).
  signed_on             text check (signed_on ~ '^\d{4}(-\d{2}(-\d{2})?)?$'),
  in_force_on           text check (in_force_on ~ '^\d{4}(-\d{2}(-\d{2})?)?$'),
  party_effective       jsonb not null,
  reviewed_on           date not null,
  data_elements         text[],
  exchange              jsonb,
  benefits              text[] not null,
  sources               text[] not null,
  contradicting_sources text[] not null,
  confidence            text check (confidence in ('high', 'medium', 'low')),
  inferred_dates        text[] not null,
  unverified_fields     text[] not null,
  notes                 text,
  valid                 period not null,
  known                 period not null,
  recorded_by           text not null,
  constraint agreement_no_overlap exclude using gist (id with =, valid with &&, known with &&)
);

create table recognition_rule (
  id             text not null,
  agreement      text not null,
  programme      text not null,
  recogniser     text not null check (recogniser ~ '^[A-Z]{2}$'),
  types          text[] check (cardinality(types) > 0),
  roles          text[] check (cardinality(roles) > 0),
  flows          text[] check (cardinality(flows) > 0 and flows <@ array['import', 'export']),
  effective_from text check (effective_from ~ '^\d{4}(-\d{2}(-\d{2})?)?$'),
  presentation   text,
  benefits       text[] not null,
  pilot_members  text[],
  note           text,
  sources        text[] not null,
  confidence     text check (confidence in ('high', 'medium', 'low')),
  valid          period not null,
  known          period not null,
  recorded_by    text not null,
  check (id = agreement || ':' || programme || '>' || recogniser),
  constraint recognition_rule_no_overlap exclude using gist (id with =, valid with &&, known with &&)
);

create table presentation (
  id             text not null,
  programme      text not null,
  recogniser     text not null check (recogniser ~ '^[A-Z]{2}$'),
  strategy       text not null check (strategy in
                   ('PARTNER_CODE', 'TRANSFORMED_CODE', 'RECOGNISER_CODE', 'IMPORTER_DERIVED', 'NAME_ADDRESS', 'UNKNOWN')),
  scheme         text,
  words          text,
  template       jsonb,
  where_declared text,
  example        jsonb,
  lossy          boolean not null,
  source         text not null,
  confidence     text check (confidence in ('high', 'medium', 'low')),
  valid          period not null,
  known          period not null,
  recorded_by    text not null,
  check (id = programme || '>' || recogniser),
  constraint presentation_no_overlap exclude using gist (id with =, valid with &&, known with &&)
);

create table identifier_scheme (
  scheme         text not null,
  administration text,
  name           text not null,
  kind           text not null check (kind in
                   ('TIN', 'AUTHORISATION_NO', 'AEO_CODE', 'NATIONAL_ID', 'MID', 'LEI', 'RECOGNISER_CODE')),
  regex          text not null,
  check_digit    text,
  examples       jsonb not null,
  verified       boolean not null,
  sources        text[] not null,
  notes          text,
  valid          period not null,
  known          period not null,
  recorded_by    text not null,
  constraint identifier_scheme_no_overlap exclude using gist (scheme with =, valid with &&, known with &&)
);

create table benefit (
  code        text not null,
  wording     text not null,
  sources     text[] not null,
  confidence  text check (confidence in ('high', 'medium', 'low')),
  valid       period not null,
  known       period not null,
  recorded_by text not null,
  constraint benefit_no_overlap exclude using gist (code with =, valid with &&, known with &&)
);

-- Customs mutual-assistance agreements carry the exchange of data; an agreement names them as its legal basis.
create table mutual_assistance (
  id          text not null,
  parties     text[] not null check (cardinality(parties) >= 2),
  signed_on   text check (signed_on ~ '^\d{4}(-\d{2}(-\d{2})?)?$'),
  in_force_on text check (in_force_on ~ '^\d{4}(-\d{2}(-\d{2})?)?$'),
  sources     text[] not null,
  confidence  text check (confidence in ('high', 'medium', 'low')),
  notes       text,
  valid       period not null,
  known       period not null,
  recorded_by text not null,
  constraint mutual_assistance_no_overlap exclude using gist (id with =, valid with &&, known with &&)
);
