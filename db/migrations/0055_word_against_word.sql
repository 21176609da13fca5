-- What a partner's stream may contradict: an earlier version of a member, a place that another event has had. And what it may no longer
-- be told: records of members whose communication has ended since they went into the outbox.

-- As in 0012, with the version that was told.
drop function held_members(text[], text[]);
create function held_members(programmes text[], numbers text[])
  returns table (programme text, normalised text, id bigint, administration text, source text, version integer, consents jsonb,
                 partner text, seq bigint, hash text, number text, communicated text, fingerprint text, in_doubt boolean, told_version integer)
  language plpgsql stable security definer
  set search_path = public, pg_temp
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_seqscan = off
  set jit = off as $$
begin
  if not caller_runs_exchange() then
    raise exception 'copies are the work of the exchange' using errcode = 'insufficient_privilege';
  end if;
  return query
    select m.programme, m.number_normalised, m.id, m.administration, m.source,
           (select r.version from membership_record r where r.membership_id = m.id and upper_inf(r.known)),
           (select jsonb_agg(jsonb_build_object('scope', x.scope, 'partners', x.partners, 'except_for', x.except_for, 'valid', x.valid::text)
                             order by lower(x.valid) nulls first)
              from membership_consent x where x.membership_id = m.id and upper_inf(x.known)),
           c.partner, c.seq, c.hash, c.record ->> 'number', c.communicated::text, c.fingerprint,
           exists (select from membership_doubt d where d.membership_id = m.id and upper_inf(d.known)),
           (c.record ->> 'version')::integer
      from unnest(programmes, numbers) as w (programme, normalised)
      join membership m on m.programme = w.programme and m.number_normalised = w.normalised
      left join copy c on c.membership_id = m.id;
end
$$;
alter function held_members(text[], text[]) owner to mra_decider;
revoke execute on function held_members(text[], text[]) from public;
grant execute on function held_members(text[], text[]) to mra_service;

-- Which events have had a place.
create index inbound_event_by_seq on inbound_event (partner, seq);

-- seq_reused: a place in the stream came with another event than before.
alter table exchange_report drop constraint exchange_report_kind_check;
alter table exchange_report add constraint exchange_report_kind_check check (
  kind in ('snapshot_applied', 'snapshot_refused', 'digest_repaired', 'events_missing', 'stream_updated', 'set_refused',
           'delivery_refused', 'record_warned', 'clock_ahead', 'shares_repaired', 'seq_reused'));

-- Of each event about a member whether a later one ended the communication.
create index outbox_ended on outbox (stream_id, membership_id, seq) where event = 'communicationEnded';
