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

-- Appends many entries, in order, and returns the number of the first one. One by one, each would pass over the versions that the
-- ones before it have left of the head: 20,000 in one transaction took a third of its time.
create function append_changes(recorded timestamptz, client text, entries jsonb) returns bigint
  language plpgsql volatile as $$
declare
  head log_head;
  total bigint := jsonb_array_length(entries);
begin
  update log_head set seq = seq + total returning * into head;
  insert into change_log (seq, recorded_at, recorded_by, administration, subject, subject_id, network_version, payload)
  select head.seq - total + e.ordinal, recorded, client, e.entry ->> 'administration', e.entry ->> 'subject', e.entry ->> 'id',
         head.network_version, e.entry -> 'payload'
    from jsonb_array_elements(entries) with ordinality as e (entry, ordinal);
  return head.seq - total + 1;
end
$$;
