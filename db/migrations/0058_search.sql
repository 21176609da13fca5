-- Copies are read by the administrations of this deployment, which received them, and by nobody else: they are never passed on. And a
-- search asks in sets who may be known: by the policy alone each member of a partner was asked about by itself, 0.34 ms each.

-- Whether the administration that the transaction works for is one of this deployment, and reads the copies that came for it.
create function caller_is_home() returns boolean
  language sql stable
  return coalesce(current_setting('mra.home', true), '') = 'on';

create or replace function is_shared_with(member bigint, partner text) returns boolean
  language plpgsql stable strict security definer
  set search_path = public, pg_temp
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off as $$
begin
  return exists (select from shared_memberships(partner, now(), array[member], not caller_is_home()));
end
$$;

create or replace function told_elements(member bigint) returns text[]
  language plpgsql stable strict security definer
  set search_path = public, pg_temp
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off as $$
begin
  return coalesce(
    (select coalesce(s.data_elements, default_data_elements())
       from shared_memberships(caller_administration(), now(), array[member], not caller_is_home()) s),
    '{}');
end
$$;

-- Members that the caller may know of, with what it may be told of them (null: all, its own), by programme and number: at most `page`
-- behind the one named, as known and valid at the moment. What may not be told does not find anybody either. pattern: of `like`, folded.
create function search_members(which text, after_programme text, after_number text, pattern text, wanted_identifier text,
                               wanted_status text, moment timestamptz, page integer)
  returns table (membership_id bigint, told text[])
  language plpgsql stable security definer
  set search_path = public, pg_temp
  -- What is not asked for is null, and then no part of the plan.
  set plan_cache_mode = force_custom_plan as $$
declare
  caller constant text := caller_administration();
  chunk constant integer := 1000;
  programmes constant text[] := array(
    select p.id from programme p where p.administration = caller
    union select r.programme from rules_in_force(caller, now()) r);
  ids bigint[];
  wanting integer := page;
  given integer;
begin
  while caller is not null and wanting > 0 loop
    select array_agg(c.id order by c.programme, c.number_normalised),
           max(c.programme), (array_agg(c.number_normalised order by c.programme desc, c.number_normalised desc))[1]
      into ids, after_programme, after_number
      from (select m.id, m.programme, m.number_normalised
              from membership m
             where m.programme = any (programmes)
               and (which is null or m.programme = which)
               and (after_programme is null or (m.programme, m.number_normalised) > (after_programme, after_number))
               and (wanted_identifier is null or m.id in (
                     select i.membership_id from membership_identifier i
                      where i.normalised = wanted_identifier and i.known @> moment and i.origin <> 'presented'))
               and (pattern is null or exists (
                     select
                       from membership_record r cross join jsonb_array_elements(r.names) n
                      where r.membership_id = m.id and r.known @> moment
                        and casefold((n ->> 'name') collate pg_unicode_fast) like pattern))
               and (wanted_status is null or wanted_status = coalesce((
                     select case when bool_or(s.status = 'active') then 'active' when bool_or(s.status = 'suspended') then 'suspended'
                                 else (array_agg(s.status order by lower(s.valid) desc, s.component desc))[1] end
                       from membership_status s
                      where s.membership_id = m.id and s.known @> moment and s.valid @> moment), 'not_started'))
             order by m.programme, m.number_normalised
             limit chunk) c;
    return query
      select m.id, t.told
        from unnest(ids) with ordinality as c (id, place)
        join membership m on m.id = c.id
        left join shared_memberships(caller, now(), ids, not caller_is_home()) s on s.membership_id = m.id
        cross join lateral (
          select case when m.administration <> caller then coalesce(s.data_elements, default_data_elements()) end as told) t
       where m.administration = caller
          or (s.membership_id is not null
              and (pattern is null or 'NAME' = any (t.told))
              and (wanted_identifier is null or m.number_normalised = wanted_identifier or 'TIN' = any (t.told)))
       order by c.place
       limit wanting;
    get diagnostics given = row_count;
    wanting := wanting - given;
    exit when coalesce(cardinality(ids), 0) < chunk;
  end loop;
end
$$;
alter function search_members(text, text, text, text, text, text, timestamptz, integer) owner to mra_decider;
revoke execute on function search_members(text, text, text, text, text, text, timestamptz, integer) from public;
grant execute on function search_members(text, text, text, text, text, text, timestamptz, integer) to mra_service;
