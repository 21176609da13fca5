-- While a snapshot is being applied, in many recordings, the stream belongs to whoever applies it.

alter table inbound_stream
  -- The snapshot_load that is being applied. Until then nothing else is: events wait. Whoever applies it puts the moment off; one that
  -- died lets it pass.
  add column applying       uuid,
  add column applying_until timestamptz,
  -- Of the last full snapshot that was applied: an older one says nothing any more, not even of those whom nobody holds.
  add column snapshot_seq   bigint not null default 0,
  -- A snapshot that is needed must contain the stream up to here.
  add column needed_seq     bigint not null default 0,
  add check ((applying is null) = (applying_until is null));
