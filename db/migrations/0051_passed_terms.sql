-- Terms that changed and changed back before a worker looked gave the same hash, and no sweep: who was recorded meanwhile was told as not
-- covered, or not at all, and would have stayed so. Counted are therefore the versions of the network, and the bounds that time has passed.

-- How many bounds of terms lie behind a moment: beginnings and ends of agreements, rules, programmes and memberships of unions, and days
-- from which terms are effective. Within one version of the network it only grows.
create function terms_passed(moment timestamptz) returns bigint
  language sql stable
begin atomic
  select (select count(*) from (
            select valid from agreement where upper_inf(known)
            union all select valid from recognition_rule where upper_inf(known)
            union all select valid from programme where upper_inf(known)
            union all select valid from union_member where upper_inf(known)) t (valid),
            lateral (values (lower(t.valid)), (upper(t.valid))) b (bound)
           where b.bound <= moment)
       + (select count(*) from (
            select effective_from from recognition_rule where upper_inf(known)
            union all select in_force_on from agreement where upper_inf(known)
            union all select s ->> 'from' from agreement a, jsonb_array_elements(a.party_effective) s where upper_inf(a.known)) d (day)
           where d.day <= to_char(moment at time zone 'UTC', 'YYYY-MM-DD'));
end;
revoke execute on function terms_passed(timestamptz) from public;
grant execute on function terms_passed(timestamptz) to mra_decider;

create or replace function coverage_of(receiver text, moment timestamptz) returns text
  language sql stable
begin atomic
  select md5(concat_ws(E'\n', (select network_version from log_head), terms_passed(moment), string_agg(r::text, E'\n' order by r.rule)))
    from rules_in_force(receiver, moment) r;
end;
