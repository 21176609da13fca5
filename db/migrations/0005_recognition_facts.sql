-- The facts of any number of questions in one round trip: the hottest query of the product.

-- An instant as the core writes it, 2026-11-22T09:00:00.000Z.
create function instant(moment timestamptz) returns text
  language sql immutable
  return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- identifiers: normalised; known_ats: the instant of knowledge of each question, null for now.
-- One row for each membership that has, had or will have the identifier, as known then, and at least one row for each question.
-- The shared lock waits for a change that is being committed (see begin_recording), so an answer "as known now" stays true for ever.
create function recognition_facts(identifiers text[], known_ats timestamptz[])
  returns table (ordinal integer, now_at text, known_at text, network_version integer, facts jsonb)
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  present timestamptz;
begin
  perform pg_advisory_xact_lock_shared(7002);
  present := now_in_milliseconds();
  return query
    select q.ordinal::integer, instant(present), instant(q.known_at), v.version, f.facts
      from (select u.ordinal, u.identifier, coalesce(u.known_at, present) as known_at
              from unnest(identifiers, known_ats) with ordinality as u (identifier, known_at, ordinal)) q
      left join lateral (
        select n.version from network_version n where n.recorded_at <= q.known_at order by n.recorded_at desc limit 1) v on true
      left join lateral (
        select jsonb_build_object(
                 'programme', m.programme, 'number', m.number, 'source', m.source,
                 'issuingCountry', r.issuing_country, 'names', r.names, 'addresses', r.addresses, 'roles', r.roles,
                 'statuses', (
                   select jsonb_agg(jsonb_build_object('type', s.type, 'component', s.component, 'status', s.status,
                                      'valid', jsonb_build_object('from', instant(lower(s.valid)), 'to', instant(upper(s.valid)))))
                     from membership_status s where s.membership_id = m.id and s.known @> q.known_at),
                 'consents', (
                   select jsonb_agg(jsonb_build_object('scope', c.scope, 'partners', c.partners, 'except', c.except_for,
                                      'valid', jsonb_build_object('from', instant(lower(c.valid)), 'to', instant(upper(c.valid)))))
                     from membership_consent c where c.membership_id = m.id and c.known @> q.known_at),
                 'identifiers', (
                   select jsonb_agg(jsonb_build_object('origin', i.origin, 'scheme', nullif(i.scheme, ''), 'value', i.value,
                                      'normalised', i.normalised, 'recogniser', nullif(i.recogniser, ''),
                                      'valid', jsonb_build_object('from', instant(lower(i.valid)), 'to', instant(upper(i.valid)))))
                     from membership_identifier i where i.membership_id = m.id and i.known @> q.known_at),
                 'localSuspensions', (
                   select jsonb_agg(jsonb_build_object('recogniser', l.recogniser,
                                      'valid', jsonb_build_object('from', instant(lower(l.valid)), 'to', instant(upper(l.valid)))))
                     from local_suspension l where l.membership_id = m.id and l.known @> q.known_at),
                 'synchronisation', (
                   select jsonb_build_object('lastSynchronisedAt', instant(y.synchronised_at), 'maxAgeSeconds', y.max_age_seconds)
                     from synchronisation y
                    where y.administration = m.source and y.recorded_at <= q.known_at
                    order by y.recorded_at desc limit 1)
               ) as facts
          from (select distinct i.membership_id
                  from membership_identifier i
                 where i.normalised = q.identifier and i.known @> q.known_at) hit
          join membership m on m.id = hit.membership_id
          join membership_record r on r.membership_id = m.id and r.known @> q.known_at
      ) f on true
     order by q.ordinal;
end
$$;
alter function recognition_facts(text[], timestamptz[]) owner to mra_decider;
revoke execute on function recognition_facts(text[], timestamptz[]) from public;
grant execute on function recognition_facts(text[], timestamptz[]) to mra_service;
