-- Lists arrive slowly and writers take turns: the lines of an import wait here until all of them are there, outside the one recording
-- that applies them. Unlogged: after a crash of the database they are gone, and nothing has been applied.

create unlogged table import_upload (
  id         uuid primary key default gen_random_uuid(),
  client     text not null,
  started_at timestamptz not null default clock_timestamp()
);
create index import_upload_by_age on import_upload (started_at);

-- record: as the registry keeps it; null: the line was rejected, and its member counts as listed all the same.
create unlogged table import_line (
  upload_id         uuid not null references import_upload on delete cascade,
  number_normalised text not null,
  accepted          boolean not null,
  line              bigint not null,
  number            text not null,
  record            jsonb,
  check (accepted = (record is not null)),
  -- A number counts once: the second line with it is rejected. A rejected line does not stand in the way of a good one.
  primary key (upload_id, number_normalised, accepted)
);

grant select, insert, delete on import_upload to mra_service;
grant select, insert on import_line to mra_service;

-- The upload that the transaction works on; set by the service, which alone knows its id.
create function current_upload() returns uuid
  language sql stable
  return nullif(current_setting('mra.upload', true), '')::uuid;

-- Lines hold names and identifiers of members: they are readable and writable within their own upload only, and go with it.
alter table import_line enable row level security;
create policy of_the_upload on import_line for all to mra_service
  using (upload_id = current_upload()) with check (upload_id = current_upload());
