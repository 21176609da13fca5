-- The facts of each member as one finished text for each span of knowledge: a question is two index look-ups instead of seven, a quarter of the work.

-- facts: what recognition_facts answers, as known from known_from until the next row of the member; null where no record was known.
-- Without how fresh a copy is, which changes by itself: the last part is empty. source: as in membership.
-- Written by the triggers below alone, from the rows of the facts, before the transaction that changes them ends.
create table membership_facts (
  membership_id bigint not null,
  known_from    timestamptz not null,
  source        text,
  facts         text,
  primary key (membership_id, known_from)
);
grant select on membership_facts to mra_decider;
alter table membership_facts enable row level security;
create policy decider_reads on membership_facts for select to mra_decider using (true);
-- It has what recognisers have suspended for themselves, so it is not for everybody who may know the member.
create policy nobody_reads on membership_facts for select to mra_service using (false);

-- Members of whom a statement has changed something, and the instant of knowledge from which on: until their texts have been written.
-- '-infinity': whatever was known of the member may have changed.
create unlogged table membership_facts_due (
  id       bigint generated always as identity primary key,
  members  bigint[] not null,
  instants timestamptz[] not null
);

create function note_facts_due() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into membership_facts_due (members, instants)
    select array_agg(membership_id), array_agg(moment)
      from (select membership_id, lower(known) as moment from come
            union all
            select membership_id, upper(known) from come where not upper_inf(known)) c
    having count(*) > 0;
  elsif tg_op = 'UPDATE' then
    -- As the service does: known until another instant. What else has changed is for note_facts_changed().
    insert into membership_facts_due (members, instants)
    select array_agg(membership_id), array_agg(moment)
      from (select membership_id, upper(known) as moment from come where not upper_inf(known)
            union all
            select membership_id, upper(known) from gone where not upper_inf(known)) c
    having count(*) > 0;
  elsif tg_op = 'DELETE' then
    insert into membership_facts_due (members, instants)
    select array_agg(membership_id), array_agg(timestamptz '-infinity') from (select distinct membership_id from gone) g
    having count(*) > 0;
  else
    perform renew_membership_facts();
  end if;
  return null;
end
$$;

-- The service overwrites nothing; whoever owns the tables may.
create function note_facts_changed() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_table_name = 'membership' then
    insert into membership_facts_due (members, instants) values (array[new.id], '{-infinity}');
  else
    insert into membership_facts_due (members, instants)
    values (array[old.membership_id, new.membership_id, new.membership_id], array['-infinity', '-infinity', lower(new.known)]);
  end if;
  return null;
end
$$;

do $$
declare
  fact text;
  overwritten text;
begin
  foreach fact in array array['membership_record', 'membership_status', 'membership_consent', 'membership_identifier', 'local_suspension'] loop
    execute format('create trigger facts_due_of_inserted after insert on %I referencing new table as come
                      for each statement execute function note_facts_due()', fact);
    execute format('create trigger facts_due_of_updated after update on %I referencing old table as gone new table as come
                      for each statement execute function note_facts_due()', fact);
    execute format('create trigger facts_due_of_deleted after delete on %I referencing old table as gone
                      for each statement execute function note_facts_due()', fact);
    execute format('create trigger facts_due_of_truncated after truncate on %I for each statement execute function note_facts_due()', fact);
    select string_agg(format('old.%1$I is distinct from new.%1$I', attname), ' or ' order by attnum) into overwritten
      from pg_attribute where attrelid = fact::regclass and attnum > 0 and not attisdropped and attname <> 'known';
    execute format('create trigger facts_due_of_overwritten after update on %I
                      for each row when (lower(old.known) is distinct from lower(new.known) or %s) execute function note_facts_changed()',
                   fact, overwritten);
  end loop;
end
$$;
create trigger facts_due_of_overwritten after update on membership
  for each row when (old.* is distinct from new.*) execute function note_facts_changed();
create trigger facts_due_of_truncated after truncate on membership for each statement execute function note_facts_due();

-- In place of a foreign key, which would cost half as much as the texts themselves.
create function remove_membership_facts() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from membership_facts where membership_id in (select id from gone);
  return null;
end
$$;
create trigger facts_go_with_member after delete on membership referencing old table as gone
  for each statement execute function remove_membership_facts();

-- The texts of members as known at one instant, from the rows. Set by set: by sub-selects for each member it took half as long again.
-- The format: parts, their lines and the units of a line, parted by the control characters made for it, in a fixed order, read by
-- packages/registry/src/facts-text.ts. No value has control characters; the reader refuses facts whose number is not as it must be.
create function write_membership_facts(ids bigint[], at timestamptz) returns void
  language plpgsql volatile
  set search_path = public, pg_temp
  -- Each table by its index, then hashed, whatever the statistics say; planned once a session.
  set enable_seqscan = off
  set enable_nestloop = off
  set plan_cache_mode = force_generic_plan
  set jit = off as $$
declare
  part constant text := E'\x1d';
  line constant text := E'\x1e';
  unit constant text := E'\x1f';
begin
  insert into membership_facts as f (membership_id, known_from, source, facts)
  select m.id, at, m.source,
         m.programme || part || m.number || part || coalesce(m.source, '') || part || r.facts || part || coalesce(s.lines, '') || part
           || coalesce(c.lines, '') || part || coalesce(i.lines, '') || part || coalesce(l.lines, '') || part
    from (select * from membership where id = any (ids)) m
    left join (
      select membership_id, coalesce(issuing_country, '') || part || names::text || part || addresses::text || part || array_to_string(roles, unit) as facts
        from membership_record where membership_id = any (ids) and was_known(known, at)) r on r.membership_id = m.id
    left join (
      select membership_id,
             string_agg(type || unit || component || unit || status || unit
                          || coalesce(milliseconds(lower(valid))::text, '') || unit || coalesce(milliseconds(upper(valid))::text, ''), line) as lines
        from membership_status where membership_id = any (ids) and was_known(known, at) group by membership_id) s on s.membership_id = m.id
    left join (
      select membership_id,
             string_agg(scope || unit || array_to_string(partners, ' ') || unit || array_to_string(except_for, ' ') || unit
                          || coalesce(milliseconds(lower(valid))::text, '') || unit || coalesce(milliseconds(upper(valid))::text, ''), line) as lines
        from membership_consent where membership_id = any (ids) and was_known(known, at) group by membership_id) c on c.membership_id = m.id
    left join (
      select membership_id,
             string_agg(origin || unit || scheme || unit || value || unit || normalised || unit || recogniser || unit
                          || coalesce(milliseconds(lower(valid))::text, '') || unit || coalesce(milliseconds(upper(valid))::text, ''), line) as lines
        from membership_identifier where membership_id = any (ids) and was_known(known, at) group by membership_id) i on i.membership_id = m.id
    left join (
      select membership_id,
             string_agg(recogniser || unit
                          || coalesce(milliseconds(lower(valid))::text, '') || unit || coalesce(milliseconds(upper(valid))::text, ''), line) as lines
        from local_suspension where membership_id = any (ids) and was_known(known, at) group by membership_id) l on l.membership_id = m.id
  on conflict (membership_id, known_from) do update set source = excluded.source, facts = excluded.facts;
end
$$;

-- At the end of the transaction, or when it says so: all texts that are due by now, for the first of the notes; the others find them done.
create function write_facts_due() returns trigger
  language plpgsql security definer
  set search_path = public, pg_temp
  set enable_seqscan = off
  set plan_cache_mode = force_generic_plan
  set jit = off as $$
declare
  ids bigint[];
  at timestamptz;
begin
  if not exists (select from membership_facts_due where id = new.id) then
    return null;
  end if;
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    raise exception 'facts are written at READ COMMITTED, where what others have committed is seen';
  end if;
  -- Two writers who did not take turns would each write what they see: they take turns here at the latest.
  perform pg_advisory_xact_lock(7001);
  for at, ids in
    with taken as (delete from membership_facts_due where id >= new.id returning members, instants),
         due as (select distinct t.membership_id, t.moment from taken, unnest(members, instants) as t (membership_id, moment)),
         point as (
           select membership_id, moment from due where isfinite(moment)
           union
           -- What is known later, of members to whom something has been written that was known before.
           select f.membership_id, f.known_from
             from (select membership_id, min(moment) as moment from due group by membership_id) d
             -- From a member to its few texts, never the other way round, whatever statistics there are of either.
             cross join lateral (
               select x.membership_id, x.known_from from membership_facts x
                where x.membership_id = d.membership_id and x.known_from > d.moment offset 0) f)
    select moment, array_agg(membership_id)
      from (select *, row_number() over (partition by moment order by membership_id) / 1000 as piece from point) p
     group by moment, piece
  loop
    perform write_membership_facts(ids, at);
  end loop;
  return null;
end
$$;
create constraint trigger membership_facts_due after insert on membership_facts_due
  deferrable initially deferred for each row execute function write_facts_due();

-- For the owner: writes all texts anew, before the transaction ends. For members who have none yet, or when triggers were switched off.
create function renew_membership_facts() returns void
  language plpgsql volatile
  set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(7001);
  delete from membership_facts;
  insert into membership_facts_due (members, instants)
  select array_agg(membership_id), array_agg(moment)
    from (select distinct k.membership_id, b.moment
            from (select membership_id, known from membership_record union all
                  select membership_id, known from membership_status union all
                  select membership_id, known from membership_consent union all
                  select membership_id, known from membership_identifier union all
                  select membership_id, known from local_suspension) k,
                 lateral (values (lower(k.known)), (upper(k.known))) as b (moment)
           where b.moment is not null) x
   group by membership_id / 1000;
end
$$;
revoke execute on function note_facts_due(), note_facts_changed(), remove_membership_facts(), write_membership_facts(bigint[], timestamptz), write_facts_due(),
                           renew_membership_facts() from public;

select renew_membership_facts();
set constraints membership_facts_due immediate;
set constraints membership_facts_due deferred;
-- The next statements are planned by how many there are now.
analyze membership_facts;

-- As before: the identifier leads to the members who have, had or will have it, as known then, and at least one row comes for each
-- question. Where nobody has it, the facts of some other member are read all the same and marked as a stand-in, for the reader to drop: who
-- does not exist must take the work of who is hidden for want of consent.
-- now_ms: the present, in milliseconds since 1970. facts: null where no record was known then.
-- The shared lock waits for a change that is being committed (see begin_recording), so an answer "as known now" stays true for ever.
create or replace function recognition_facts(identifiers text[], known_ats timestamptz[])
  returns table (ordinal integer, now_ms bigint, network_version integer, is_stand_in boolean, facts text)
  language plpgsql volatile security definer
  set search_path = public, pg_temp
  -- From a question to its few rows by an index that gives them in order: statistics suggest reading small tables whole, and all
  -- versions of a member to sort them.
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
  -- Nobody is asked about twice in a query, and who is must take the same work again.
  set enable_memoize = off
  -- Planned anew each time, one question took 1.1 ms, with a kept plan 0.24 ms; the plan never has to change.
  set plan_cache_mode = force_generic_plan
  set jit = off as $$
declare
  part constant text := E'\x1d';
  unit constant text := E'\x1f';
  present timestamptz;
  present_ms bigint;
begin
  perform pg_advisory_xact_lock_shared(7002);
  present := now_in_milliseconds();
  present_ms := milliseconds(present);
  return query
    select q.ordinal::integer, present_ms,
           case when q.asked_at is null
                then (select n.version from network_version n where n.recorded_at <= present order by n.recorded_at desc limit 1)
                else (select n.version from network_version n where n.recorded_at <= q.known_at order by n.recorded_at desc limit 1) end,
           hit.membership_id is null,
           case when f.source is null then f.facts
                else f.facts || coalesce((
                  select concat_ws(unit, milliseconds(y.synchronised_at), y.max_age_seconds,
                           exists (select from membership_doubt d where d.membership_id = f.membership_id and was_known(d.known, q.known_at)))
                    from synchronisation y
                   where y.administration = f.source and (y.programme is null or y.programme = split_part(f.facts, part, 1))
                     and y.recorded_at <= q.known_at
                   order by y.recorded_at desc limit 1), '') end
      from (select u.ordinal, u.identifier, u.known_at as asked_at, coalesce(u.known_at, present) as known_at
              from unnest(identifiers, known_ats) with ordinality as u (identifier, known_at, ordinal)) q
      left join lateral (
        select distinct i.membership_id
          from membership_identifier i
         where i.normalised = q.identifier and was_known(i.known, q.known_at)) hit on true
      left join lateral (
        select x.membership_id, x.source, x.facts
          from membership_facts x
         where x.membership_id = coalesce(hit.membership_id, (select m.id from membership m order by m.id limit 1))
           and x.known_from <= q.known_at
         order by x.membership_id desc, x.known_from desc limit 1) f on true;
end
$$;

-- With the texts.
create or replace function analyze_facts() returns void
  language plpgsql volatile security definer
  set search_path = public, pg_temp
  set default_statistics_target = 10 as $$
begin
  analyze membership, membership_record, membership_status, membership_consent, membership_identifier, membership_event, membership_facts,
          copy, share;
end
$$;
grant maintain on membership_facts to mra_decider;
