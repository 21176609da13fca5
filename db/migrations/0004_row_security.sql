-- Administrations see and write only what is theirs, whatever query the service sends: row-level security.

-- For whom the transaction works; set by the service at its start, null for brokers.
create function caller_administration() returns text
  language sql stable
  return nullif(current_setting('mra.administration', true), '');

-- Whether the transaction loads a partner's list in the partner's name (scope operations).
create function caller_imports_copies() returns boolean
  language sql stable
  return coalesce(current_setting('mra.copies', true), '') = 'on';

-- What is asked for every member that somebody else's query comes across.
create index recognition_rule_by_direction on recognition_rule (programme, recogniser) where upper_inf(known);
create index agreement_known on agreement (id) where upper_inf(known);
create index programme_known on programme (id) where upper_inf(known);

-- An administration and the unions it belongs to: consent given to one of them, or withdrawn from one of them, counts for it.
create function territories_of(partner text) returns text[]
  language sql stable strict
  return partner || array(select u.union_code from union_member u where u.member = partner and upper_inf(u.known) and u.valid @> now());

-- Whether a member is known to an administration under an agreement to which it is a party: a rule in force today covers the type in
-- that direction, and the trader's consent covers the partner. The one place for "what may a partner see".
-- A start known only to the month or year counts from its beginning. Strict: a broker is no partner.
create function is_shared_with(member bigint, partner text) returns boolean
  language plpgsql stable strict security definer
  set search_path = public, pg_temp
  -- From a member to its few rows by an index, also where statistics are missing or suggest reading small tables whole.
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off as $$
declare
  today constant text := to_char(now() at time zone 'UTC', 'YYYY-MM-DD');
  territories constant text[] := territories_of(partner);
begin
  return exists (
    select
      from membership m
      join recognition_rule r on r.programme = m.programme and r.recogniser = any (territories) and upper_inf(r.known)
      join agreement a on a.id = r.agreement and upper_inf(a.known)
      left join programme p on p.id = m.programme and upper_inf(p.known) and p.valid @> now()
      left join membership_consent c on c.membership_id = m.id and upper_inf(c.known) and c.valid @> now()
      cross join lateral (
        select coalesce(r.types, array(select t ->> 'code' from jsonb_array_elements(p.types) t
                                        where t ->> 'recognisable' = 'yes')) as types) l
     where m.id = member and r.recogniser <> m.administration and r.valid @> now() and a.valid @> now()
       and (a.life_cycle = 'in_force'
            or (a.life_cycle = 'pilot'
                and exists (select from unnest(r.pilot_members) n where upper(translate(n, ' -', '')) = m.number_normalised)))
       and coalesce(r.effective_from, a.in_force_on, '') <= today
       and not exists (
         select
           from jsonb_array_elements(a.party_effective) s
          where s ->> 'party' in (m.administration, r.recogniser)
            and (not (s ->> 'effective')::boolean or coalesce(s ->> 'from', '') > today))
       and exists (
         select
           from membership_status s
          where s.membership_id = m.id and upper_inf(s.known)
            and (s.component = any (l.types) or s.type = any (l.types)))
       and not coalesce(c.except_for && territories, false)
       and (coalesce(c.partners && territories, false)
            or case coalesce(c.scope, 'unrecorded')
                 when 'all' then true
                 when 'none' then false
                 else coalesce(p.consent in ('none', 'unknown'), false)
               end));
end
$$;

-- mra_decider reads what a decision needs, and nothing else.
grant select on membership, membership_record, membership_status, membership_identifier, membership_consent, local_suspension,
                synchronisation, recognition_rule, agreement, programme, union_member, network_version
  to mra_decider;
grant create on schema public to mra_decider;
alter function is_shared_with(bigint, text) owner to mra_decider;
revoke execute on function is_shared_with(bigint, text) from public;
grant execute on function is_shared_with(bigint, text) to mra_service, mra_decider;

-- The service writes facts down and closes their knowledge (column known), and that is all: nothing is overwritten.
grant select, insert on all tables in schema public to mra_service;
revoke insert on log_head from mra_service;
grant update on log_head to mra_service;
grant delete on idempotency_key to mra_service;
do $$
declare
  fact text;
begin
  foreach fact in array array['membership_record', 'membership_status', 'membership_identifier', 'membership_consent',
                              'local_suspension', 'administration', 'union_member', 'programme', 'agreement', 'recognition_rule',
                              'presentation', 'identifier_scheme', 'benefit', 'mutual_assistance'] loop
    execute format('grant update (known) on %I to mra_service', fact);
  end loop;
end
$$;
-- Rows of a recording that is still open, which nobody has seen, may give way to others of it (packages/registry/src/temporal.ts).
grant delete on local_suspension, administration, union_member, programme, agreement, recognition_rule, presentation,
                identifier_scheme, benefit, mutual_assistance to mra_service;

-- The id of a member that the transaction may know of, by its number. Where there is none, another member of the programme is examined
-- in its place: how long the answer takes must not tell a hidden member from none (api.md section 1).
create function find_member(which text, wanted text) returns bigint
  language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  found record;
  shared boolean;
begin
  select x.id, x.administration, x.number_normalised = wanted as is_it into found
    from ((select m.id, m.administration, m.number_normalised from membership m where m.programme = which and m.number_normalised = wanted)
          union all
          (select m.id, m.administration, m.number_normalised from membership m where m.programme = which
            order by m.number_normalised limit 1)) x
   order by x.number_normalised = wanted desc limit 1;
  shared := coalesce(is_shared_with(found.id, caller_administration()), false);
  return case when found.is_it and (shared or found.administration = caller_administration() or caller_imports_copies())
              then found.id end;
end
$$;
alter function find_member(text, text) owner to mra_decider;
revoke execute on function find_member(text, text) from public;
grant execute on function find_member(text, text) to mra_service;

alter table membership enable row level security;
create policy decider_reads on membership for select to mra_decider using (true);
create policy reads_own_and_shared on membership for select to mra_service
  using (administration = caller_administration() or caller_imports_copies() or is_shared_with(id, caller_administration()));
-- The issuer of a member is the administration of its programme: nobody grants in the programme of another.
create policy writes_own on membership for insert to mra_service
  with check (
    case when source is null then administration = caller_administration() else caller_imports_copies() end
    and exists (select from programme p
                 where p.id = membership.programme and p.administration = membership.administration and upper_inf(p.known)));

-- What belongs to a member is readable where the member is, and writable where the member is the caller's own (or a copy being loaded).
create function may_write_member(member bigint) returns boolean
  language sql stable
  return exists (select from membership m
                  where m.id = member
                    and case when m.source is null then m.administration = caller_administration() else caller_imports_copies() end);

do $$
declare
  part text;
begin
  foreach part in array array['membership_record', 'membership_event', 'membership_status', 'membership_identifier',
                              'membership_consent'] loop
    execute format('alter table %I enable row level security', part);
    execute format('create policy decider_reads on %I for select to mra_decider using (true)', part);
    execute format('create policy reads_with_member on %I for select to mra_service
                      using (exists (select from membership m where m.id = membership_id))', part);
    execute format('create policy inserts_own on %I for insert to mra_service
                      with check (may_write_member(membership_id))', part);
    execute format('create policy closes_own on %I for update to mra_service
                      using (may_write_member(membership_id)) with check (may_write_member(membership_id))', part);
  end loop;
end
$$;

alter table local_suspension enable row level security;
create policy decider_reads on local_suspension for select to mra_decider using (true);
create policy reads_own on local_suspension for select to mra_service using (recogniser = caller_administration());
create policy writes_own on local_suspension for all to mra_service
  using (recogniser = caller_administration()) with check (recogniser = caller_administration());

alter table change_log enable row level security;
create policy reads_own on change_log for select to mra_service
  using (administration is null or administration = caller_administration() or caller_imports_copies());
create policy appends_own on change_log for insert to mra_service
  with check (administration is null or administration = caller_administration() or caller_imports_copies());
