-- What a partner may know, in one place and in sets: the same query decides what may be read, what is sent, and what of it.

-- An administration and the unions it belongs to at a moment.
create function territories_of(partner text, moment timestamptz) returns text[]
  language sql stable strict
  return partner || array(select u.union_code from union_member u where u.member = partner and upper_inf(u.known) and u.valid @> moment);

-- The rules under which a partner recognises members at a moment, with the types that each covers.
-- A start known only to the month or year counts from its beginning. assumed: what holds where no consent is recorded.
create function rules_in_force(receiver text, moment timestamptz)
  returns table (rule text, agreement text, data_elements text[], programme text, administration text, types text[],
                 pilot_members text[], assumed boolean)
  language sql stable
begin atomic
  select r.id, a.id, a.data_elements, p.id, p.administration,
         coalesce(r.types, array(select t ->> 'code' from jsonb_array_elements(p.types) t where t ->> 'recognisable' = 'yes')),
         case when a.life_cycle = 'pilot'
           then coalesce(array(select upper(translate(n, ' -', '')) from unnest(r.pilot_members) n), '{}') end,
         p.consent in ('none', 'unknown')
    from recognition_rule r
    join agreement a on a.id = r.agreement and upper_inf(a.known) and a.valid @> moment
    join programme p on p.id = r.programme and upper_inf(p.known) and p.valid @> moment
   where upper_inf(r.known) and r.valid @> moment
     and r.recogniser = any (territories_of(receiver, moment)) and r.recogniser <> p.administration
     and a.life_cycle in ('in_force', 'pilot')
     and coalesce(r.effective_from, a.in_force_on, '') <= to_char(moment at time zone 'UTC', 'YYYY-MM-DD')
     and not exists (
       select
         from jsonb_array_elements(a.party_effective) s
        where s ->> 'party' in (p.administration, r.recogniser)
          and (not (s ->> 'effective')::boolean or coalesce(s ->> 'from', '') > to_char(moment at time zone 'UTC', 'YYYY-MM-DD')));
end;

-- When the consent of a member covers any of these territories.
create function consent_to(member bigint, territories text[], assumed boolean) returns tstzmultirange
  language sql stable
begin atomic
  select coalesce(range_agg(c.valid::tstzrange)
                    filter (where not c.except_for && territories
                              and (c.partners && territories
                                   or case c.scope when 'all' then true when 'none' then false else assumed end)),
                  '{}'::tstzmultirange)
         + case when assumed then '{(,)}'::tstzmultirange - coalesce(range_agg(c.valid::tstzrange), '{}') else '{}' end
    from membership_consent c
   where c.membership_id = member and upper_inf(c.known);
end;

-- Which of these members a partner may know of at a moment: a rule in force covers the type that the member has, or is to have, in
-- that direction (or its pilot list names the member), and the trader's consent covers the partner. One row a member: of several
-- agreements one in force comes before a pilot, then the first by its id. communicated: how long the consent lasts without a gap.
-- Copies of others are never passed on, but a partner whose territory they concern reads them here: only_own leaves them out.
create function shared_memberships(receiver text, moment timestamptz, members bigint[], only_own boolean)
  returns table (membership_id bigint, agreement text, data_elements text[], communicated tstzrange)
  language sql stable
begin atomic
  select distinct on (m.id) m.id, r.agreement, r.data_elements, c.communicated
    from (select territories_of(receiver, moment) as codes offset 0) t
    cross join rules_in_force(receiver, moment) r
    join membership m on m.programme = r.programme
    cross join lateral (
      select x.communicated
        from unnest(consent_to(m.id, t.codes, r.assumed)) as x (communicated)
       where x.communicated @> moment) c
   where m.id = any (members)
     and (m.source is null or not only_own)
     and (r.pilot_members is null or m.number_normalised = any (r.pilot_members))
     and exists (
       select
         from membership_status s
        where s.membership_id = m.id and upper_inf(s.known) and (upper_inf(s.valid) or upper(s.valid) > moment)
          and (s.component = any (r.types) or s.type = any (r.types)))
   order by m.id, r.pilot_members is not null, r.agreement;
end;

create or replace function is_shared_with(member bigint, partner text) returns boolean
  language plpgsql stable strict security definer
  set search_path = public, pg_temp
  -- From a member to its few rows by an index, also where statistics are missing or suggest reading small tables whole.
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off as $$
begin
  return exists (select from shared_memberships(partner, now(), array[member], false));
end
$$;

-- The data elements that are sent where an agreement's list is not known: EU–Switzerland art. 12 (a) to (g).
create function default_data_elements() returns text[]
  language sql immutable
  return array['TIN', 'NAME', 'ADDRESS', 'AUTHORISATION_NUMBER', 'STATUS', 'STATUS_PERIODS', 'EFFECTIVE_DATES', 'ISSUING_AUTHORITY'];

-- A period of status as a record has it.
create function status_entry(component text, type text, status text, valid tstzrange) returns jsonb
  language sql immutable
  return jsonb_build_object('component', component, 'type', type, 'status', status, 'from', instant(lower(valid)), 'to', instant(upper(valid)));

-- Where all periods of a member are over, those that ended last: a record without any status says nothing.
create function last_statuses(member bigint) returns jsonb
  language sql stable
begin atomic
  select jsonb_agg(status_entry(x.component, x.type, x.status, x.valid) order by x.component, x.valid)
    from membership_status x
   where x.membership_id = member and upper_inf(x.known)
     and upper(x.valid) = (select max(upper(y.valid)) from membership_status y where y.membership_id = member and upper_inf(y.known));
end;

-- What a partner should be told of these members at a moment: the record of art. 12, cut to the data elements of the agreement
-- (cutToElements of packages/exchange-protocol says the same in prose and code; a test compares the two). No reasons, no consents.
create function shared_records(receiver text, moment timestamptz, members bigint[])
  returns table (membership_id bigint, agreement text, record jsonb, communicated tstzrange)
  language sql stable
begin atomic
  select h.membership_id, h.agreement,
         jsonb_build_object(
           'programme', m.programme, 'number', m.number, 'version', r.version,
           'type', coalesce(s.type, r.type),
           'statuses', coalesce(s.statuses, last_statuses(m.id), '[]'),
           'identifiers', case when 'TIN' = any (e.named) and r.identifiers <> '[]'
                            then (select jsonb_agg(jsonb_build_object('scheme', i -> 'scheme', 'value', i -> 'value',
                                                                      'from', i -> 'validFrom', 'to', i -> 'validTo'))
                                    from jsonb_array_elements(r.identifiers) i) else '[]' end,
           'names', case when 'NAME' = any (e.named) and r.names <> '[]'
                      then (select jsonb_agg(jsonb_build_object('name', n -> 'name', 'kind', n -> 'kind', 'language', n -> 'language'))
                              from jsonb_array_elements(r.names) n) else '[]' end,
           'addresses', case when 'ADDRESS' = any (e.named) and r.addresses <> '[]'
                          then (select jsonb_agg(jsonb_build_object(
                                         'kind', a -> 'kind', 'street', a -> 'street', 'city', a -> 'city',
                                         'postalCode', a -> 'postalCode', 'region', a -> 'region', 'country', a -> 'country'))
                                  from jsonb_array_elements(r.addresses) a) else '[]' end,
           'roles', case when 'ROLE' = any (e.named) then to_jsonb(r.roles) else '[]' end,
           'validFrom', case when 'EFFECTIVE_DATES' = any (e.named) then instant(lower(r.valid)) end,
           'validTo', case when 'EFFECTIVE_DATES' = any (e.named) then instant(upper(r.valid)) end,
           'validatedOn', case when 'VALIDATION_DATE' = any (e.named) then r.validated_on end,
           'issuingCountry', case when 'ISSUING_AUTHORITY' = any (e.named) then r.issuing_country end,
           'issuingOffice', case when 'ISSUING_AUTHORITY' = any (e.named) then r.issuing_office end),
         h.communicated
    from shared_memberships(receiver, moment, members, true) h
    join membership m on m.id = h.membership_id
    join membership_record r on r.membership_id = m.id and upper_inf(r.known)
    cross join lateral (select coalesce(h.data_elements, default_data_elements()) as named) e
    cross join lateral (
      select jsonb_agg(status_entry(x.component, x.type, x.status, x.valid) order by x.component, x.valid)
               filter (where 'STATUS_PERIODS' = any (e.named) or upper_inf(x.valid) or upper(x.valid) > moment) as statuses,
             min(x.type) filter (where x.valid @> moment) as type
        from membership_status x
       where x.membership_id = m.id and upper_inf(x.known)) s;
end;

grant execute on function territories_of(text, timestamptz), rules_in_force(text, timestamptz), consent_to(bigint, text[], boolean),
                          shared_memberships(text, timestamptz, bigint[], boolean), shared_records(text, timestamptz, bigint[])
  to mra_decider;
