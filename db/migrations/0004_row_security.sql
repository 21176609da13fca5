-- Administrations see and write only what is theirs, whatever query the service sends: row-level security.

-- For whom the transaction works; set by the service at its start, null for brokers.
create function caller_administration() returns text
  language sql stable
  return nullif(current_setting('mra.administration', true), '');

-- Whether the transaction loads a partner's list in the partner's name (scope operations).
create function caller_imports_copies() returns boolean
  language sql stable
  return coalesce(current_setting('mra.copies', true), '') = 'on';

-- Whether a member is known to an administration under an agreement to which it is a party: a rule in force today covers the type in
-- that direction, and the trader's consent covers the partner. The one place for "what may a partner see".
create function is_shared_with(member bigint, partner text) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select exists (
    select
      from membership m
      join recognition_rule r on r.programme = m.programme and upper_inf(r.known) and r.valid @> now()
      join agreement a on a.id = r.agreement and upper_inf(a.known) and a.valid @> now()
      left join programme p on p.id = m.programme and upper_inf(p.known) and p.valid @> now()
      left join membership_consent c on c.membership_id = m.id and upper_inf(c.known) and c.valid @> now()
      cross join lateral (
        select coalesce(r.types, array(select t ->> 'code' from jsonb_array_elements(p.types) t
                                        where t ->> 'recognisable' = 'yes')) as types) l
     where m.id = member
       and (r.recogniser = partner
            or exists (select from union_member u
                        where u.union_code = r.recogniser and u.member = partner and upper_inf(u.known) and u.valid @> now()))
       and (a.life_cycle = 'in_force' or (a.life_cycle = 'pilot' and m.number_normalised = any (r.pilot_members)))
       and exists (
         select
           from membership_status s
          where s.membership_id = m.id and upper_inf(s.known)
            and (s.component = any (l.types) or s.type = any (l.types)))
       and not r.recogniser = any (coalesce(c.except_for, '{}'))
       and (r.recogniser = any (coalesce(c.partners, '{}'))
            or case coalesce(c.scope, 'unrecorded')
                 when 'all' then true
                 when 'none' then false
                 else coalesce(p.consent in ('none', 'unknown'), false)
               end))
$$;

-- mra_decider reads what a decision needs, and nothing else.
grant select on membership, membership_record, membership_status, membership_identifier, membership_consent, local_suspension,
                synchronisation, recognition_rule, agreement, programme, union_member, network_version
  to mra_decider;
grant create on schema public to mra_decider;
alter function is_shared_with(bigint, text) owner to mra_decider;
revoke execute on function is_shared_with(bigint, text) from public;
grant execute on function is_shared_with(bigint, text) to mra_service;

grant select, insert, update, delete on all tables in schema public to mra_service;
-- The log and the events are only ever appended to; the head is moved by functions that run as the caller.
revoke update, delete on change_log, membership_event, membership, network_version, synchronisation from mra_service;

alter table membership enable row level security;
create policy decider_reads on membership for select to mra_decider using (true);
create policy reads_own_and_shared on membership for select to mra_service
  using (administration = caller_administration() or caller_imports_copies() or is_shared_with(id, caller_administration()));
create policy writes_own on membership for insert to mra_service
  with check (case when source is null then administration = caller_administration() else caller_imports_copies() end);

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
    execute format('create policy removes_own on %I for delete to mra_service using (may_write_member(membership_id))', part);
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
