-- A partner has told something newer about a member than its copy says, and it could not be read: until it is, nobody can know what holds.

-- While known, answers that rest on the copy are indeterminate (DATA_STALE), not what it last said.
create table membership_doubt (
  membership_id bigint not null references membership,
  known         period not null,
  recorded_by   text not null,
  constraint membership_doubt_no_overlap exclude using gist (membership_id with =, known with &&)
);
grant select on membership_doubt to mra_service, mra_decider;
grant insert on membership_doubt to mra_service;
grant update (known) on membership_doubt to mra_service;
alter table membership_doubt enable row level security;
create policy decider_reads on membership_doubt for select to mra_decider using (true);
create policy reads_with_member on membership_doubt for select to mra_service
  using (exists (select from membership m where m.id = membership_id));
create policy inserts_own on membership_doubt for insert to mra_service with check (may_write_member(membership_id));
create policy closes_own on membership_doubt for update to mra_service
  using (may_write_member(membership_id)) with check (may_write_member(membership_id));

-- identifiers: normalised; known_ats: the instant of knowledge of each question, null for now.
-- One row for each membership that has, had or will have the identifier, as known then, and at least one row for each question.
-- Where nobody has it, the facts of some other member are gathered all the same and marked as a stand-in, for the reader to drop: who
-- does not exist must take the work of who is hidden for want of consent.
-- Facts come as lists in a fixed order, read by packages/registry/src/facts.ts.
-- The shared lock waits for a change that is being committed (see begin_recording), so an answer "as known now" stays true for ever.
create or replace function recognition_facts(identifiers text[], known_ats timestamptz[])
  returns table (ordinal integer, now_at timestamptz, known_at timestamptz, network_version integer, facts json, is_stand_in boolean)
  language plpgsql volatile security definer
  set search_path = public, pg_temp
  -- Every join goes from a question to its few rows by an index; statistics of small tables suggest reading them whole.
  set enable_hashjoin = off
  set enable_mergejoin = off
  -- Planned anew each time, one question took 1.1 ms, with a kept plan 0.24 ms; the plan never has to change.
  set plan_cache_mode = force_generic_plan
  set jit = off as $$
declare
  present timestamptz;
begin
  perform pg_advisory_xact_lock_shared(7002);
  present := now_in_milliseconds();
  return query
    select q.ordinal::integer, present, q.known_at, v.version, f.facts, f.is_stand_in
      from (select u.ordinal, u.identifier, coalesce(u.known_at, present) as known_at
              from unnest(identifiers, known_ats) with ordinality as u (identifier, known_at, ordinal)) q
      left join lateral (
        select n.version from network_version n where n.recorded_at <= q.known_at order by n.recorded_at desc limit 1) v on true
      left join lateral (
        select json_build_array(
                 m.programme, m.number, m.source, r.issuing_country, r.names, r.addresses, r.roles,
                 (select json_agg(json_build_array(s.type, s.component, s.status, milliseconds(lower(s.valid)), milliseconds(upper(s.valid))))
                    from membership_status s where s.membership_id = m.id and was_known(s.known, q.known_at)),
                 (select json_agg(json_build_array(c.scope, c.partners, c.except_for, milliseconds(lower(c.valid)), milliseconds(upper(c.valid))))
                    from membership_consent c where c.membership_id = m.id and was_known(c.known, q.known_at)),
                 (select json_agg(json_build_array(i.origin, nullif(i.scheme, ''), i.value, i.normalised, nullif(i.recogniser, ''),
                                                   milliseconds(lower(i.valid)), milliseconds(upper(i.valid))))
                    from membership_identifier i where i.membership_id = m.id and was_known(i.known, q.known_at)),
                 (select json_agg(json_build_array(l.recogniser, milliseconds(lower(l.valid)), milliseconds(upper(l.valid))))
                    from local_suspension l where l.membership_id = m.id and was_known(l.known, q.known_at)),
                 case when m.source is not null then
                   (select json_build_array(
                             milliseconds(y.synchronised_at), y.max_age_seconds,
                             exists (select from membership_doubt d where d.membership_id = m.id and was_known(d.known, q.known_at)))
                      from synchronisation y
                     where y.administration = m.source and (y.programme is null or y.programme = m.programme) and y.recorded_at <= q.known_at
                     order by y.recorded_at desc limit 1)
                 end) as facts,
               hit.is_stand_in
          from (select distinct i.membership_id, false as is_stand_in
                  from membership_identifier i
                 where i.normalised = q.identifier and was_known(i.known, q.known_at)
                union all
                select (select x.id from membership x order by x.id limit 1), true
                 where not exists (select from membership_identifier i
                                    where i.normalised = q.identifier and was_known(i.known, q.known_at))) hit
          join membership m on m.id = hit.membership_id
          join lateral (
            select x.issuing_country, x.names, x.addresses, x.roles
              from membership_record x
             where x.membership_id = m.id and lower(x.known) <= q.known_at and (upper(x.known) is null or q.known_at < upper(x.known))
             order by lower(x.known) desc limit 1) r on true
      ) f on true
     order by q.ordinal;
end
$$;
