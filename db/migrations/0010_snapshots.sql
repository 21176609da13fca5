-- Snapshots for partners: files made once, so that their sums stay true however long a partner takes to fetch them.

create table snapshot (
  id           text primary key,
  stream_id    text not null references stream on delete cascade,
  buckets      integer[],  -- of the digest; null: everything
  requested_at timestamptz not null default clock_timestamp(),
  state        text not null default 'requested' check (state in ('requested', 'ready', 'failed')),
  seq          bigint,
  as_of        timestamptz,
  record_count bigint,
  digest       jsonb,
  ready_at     timestamptz,
  check ((state = 'ready') = (ready_at is not null)),
  check (state <> 'ready' or (seq is not null and as_of is not null and record_count is not null and digest is not null))
);
create index snapshot_by_stream on snapshot (stream_id, requested_at);

create table snapshot_file (
  snapshot_id  text not null references snapshot on delete cascade,
  ordinal      integer not null check (ordinal > 0),
  sha256       text not null,
  record_count bigint not null,
  content      bytea storage external not null, -- compressed with gzip; the sum is of what it holds
  primary key (snapshot_id, ordinal)
);

do $$
declare
  part text;
begin
  foreach part in array array['snapshot', 'snapshot_file'] loop
    execute format('alter table %I enable row level security', part);
    execute format('grant select, insert, update, delete on %I to mra_service', part);
  end loop;
end
$$;
create policy with_its_stream on snapshot for all to mra_service
  using (exists (select from stream s where s.id = stream_id)) with check (exists (select from stream s where s.id = stream_id));
create policy with_its_snapshot on snapshot_file for all to mra_service
  using (exists (select from snapshot s where s.id = snapshot_id)) with check (exists (select from snapshot s where s.id = snapshot_id));
