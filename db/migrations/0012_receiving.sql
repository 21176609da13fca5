-- What receiving keeps beside 0011: the answer that each event was given, the consent as last told, whom a bad record makes doubtful.

-- The error that an event was answered with, to be answered again when it comes again (RFC 8935 section 2).
alter table inbound_event add column error jsonb;

-- While the member is communicated, as last told; null: it is no longer.
alter table copy
  add column communicated tstzrange,
  add check (communicated is null or record is not null);

-- For the next snapshot: how few members it may leave; set by operations together with needs_snapshot.
alter table inbound_stream add column allow_shrink_to bigint check (allow_shrink_to >= 0);

-- The number as members are found by: a bad record makes the copy doubtful however its number is written.
alter table quarantine add column number_normalised text;
drop index quarantine_by_member;
create index quarantine_by_member on quarantine (programme, number_normalised) where state = 'open';

-- record_warned: accepted records with something odd in them.
alter table exchange_report drop constraint exchange_report_kind_check;
alter table exchange_report add constraint exchange_report_kind_check check (
  kind in ('snapshot_applied', 'snapshot_refused', 'digest_repaired', 'events_missing', 'stream_updated', 'set_refused',
           'delivery_refused', 'record_warned'));

-- What receiving asks of thousands of members at a time. Under the policies of the service each row would be looked up once more, and
-- where statistics are missing, as in a first load, plans were chosen that took a minute for 5,000. So they belong to mra_decider,
-- serve the exchange alone, and go from each member to its few rows by an index.
grant select on copy to mra_decider;
create policy decider_reads on copy for select to mra_decider using (true);

-- What is held of these members.
create function held_members(programmes text[], numbers text[])
  returns table (programme text, normalised text, id bigint, administration text, source text, version integer, consents jsonb,
                 partner text, seq bigint, hash text, number text, communicated text, fingerprint text, in_doubt boolean)
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
           exists (select from membership_doubt d where d.membership_id = m.id and upper_inf(d.known))
      from unnest(programmes, numbers) as w (programme, normalised)
      join membership m on m.programme = w.programme and m.number_normalised = w.normalised
      left join copy c on c.membership_id = m.id;
end
$$;

-- The live members of a programme who have any of these identifiers, given or as number. Live: active or suspended, now or later, and
-- communicated; members of a list, of whom no partner has told, count as communicated.
create function identifier_holders(programmes text[], schemes text[], identifiers text[], moment timestamptz)
  returns table (programme text, scheme text, normalised text, holder text, valid text)
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
    -- Each step is fenced (offset 0, limit 1), so that the order is this one: the identifier, whose it is, whether that one is live.
    select m.programme, i.scheme, i.normalised, m.number_normalised, i.valid::text
      from (select distinct u.programme, u.scheme, u.normalised
              from unnest(programmes, schemes, identifiers) as u (programme, scheme, normalised)) w
      cross join lateral (
        select x.membership_id, x.scheme, x.normalised, x.valid
          from membership_identifier x
         where x.normalised = w.normalised and x.scheme = w.scheme and x.origin <> 'presented' and upper_inf(x.known)
        offset 0) i
      cross join lateral (
        select x.id, x.programme, x.number_normalised from membership x where x.id = i.membership_id and x.programme = w.programme
        offset 0) m
     where (select true from membership_status s
             where s.membership_id = m.id and upper_inf(s.known) and s.status in ('active', 'suspended')
               and (upper_inf(s.valid) or upper(s.valid) > moment) limit 1)
       and (select true from copy c where c.membership_id = m.id and c.record is null limit 1) is null;
end
$$;

-- The rows of a member in one text each, for the two functions below.
create function status_text(s membership_status) returns text
  language sql stable
  return s.type || e'\x1f' || s.component || e'\x1f' || s.status || e'\x1f' || s.valid::text;
create function consent_text(c membership_consent) returns text
  language sql stable
  return c.scope || e'\x1f' || c.partners::text || e'\x1f' || c.except_for::text || e'\x1f' || c.valid::text;
create function identifier_text(i membership_identifier) returns text
  language sql stable
  return i.origin || e'\x1f' || i.scheme || e'\x1f' || i.value || e'\x1f' || i.normalised || e'\x1f' || i.recogniser || e'\x1f' || i.valid::text;
create function record_fingerprint(r membership_record, statuses text, consents text, identifiers text) returns text
  language sql stable
  return md5(concat_ws(e'\x1d', r.type, r.valid, coalesce(r.validated_on::text, '-'), coalesce(r.issuing_country, '-'),
                       coalesce(r.issuing_office, '-'), r.names, r.addresses, r.identifiers, r.roles,
                       coalesce(statuses, '-'), coalesce(consents, '-'), coalesce(identifiers, '-')));

-- What stands in the tables about these members now, as a hash for each.
create or replace function copy_fingerprints(members bigint[]) returns table (membership_id bigint, fingerprint text)
  language sql stable
begin atomic
  select r.membership_id,
         record_fingerprint(r,
           (select string_agg(status_text(s), e'\x1e' order by s.component, s.valid)
              from membership_status s where s.membership_id = r.membership_id and upper_inf(s.known)),
           (select string_agg(consent_text(c), e'\x1e' order by c.valid)
              from membership_consent c where c.membership_id = r.membership_id and upper_inf(c.known)),
           (select string_agg(identifier_text(i), e'\x1e' order by i.origin, i.scheme, i.normalised, i.recogniser, i.valid)
              from membership_identifier i where i.membership_id = r.membership_id and upper_inf(i.known)))
    from membership_record r
   where r.membership_id = any (members) and upper_inf(r.known);
end;

-- The same for thousands: in sets it takes half of what one subquery for each member and table takes.
create function fingerprints_of(members bigint[]) returns table (membership_id bigint, fingerprint text)
  language plpgsql stable security definer
  set search_path = public, pg_temp
  set enable_seqscan = off
  set enable_nestloop = off
  set jit = off as $$
begin
  if not caller_runs_exchange() then
    raise exception 'copies are the work of the exchange' using errcode = 'insufficient_privilege';
  end if;
  return query
    with statuses as materialized (
      select s.membership_id as id, string_agg(status_text(s), e'\x1e' order by s.component, s.valid) as said
        from membership_status s where s.membership_id = any (members) and upper_inf(s.known) group by 1
    ), consents as materialized (
      select c.membership_id as id, string_agg(consent_text(c), e'\x1e' order by c.valid) as said
        from membership_consent c where c.membership_id = any (members) and upper_inf(c.known) group by 1
    ), identifiers as materialized (
      select i.membership_id as id,
             string_agg(identifier_text(i), e'\x1e' order by i.origin, i.scheme, i.normalised, i.recogniser, i.valid) as said
        from membership_identifier i where i.membership_id = any (members) and upper_inf(i.known) group by 1
    )
    select r.membership_id, record_fingerprint(r, s.said, c.said, i.said)
      from membership_record r
      left join statuses s on s.id = r.membership_id
      left join consents c on c.id = r.membership_id
      left join identifiers i on i.id = r.membership_id
     where r.membership_id = any (members) and upper_inf(r.known);
end
$$;

do $$
declare
  thing text;
begin
  foreach thing in array array['fingerprints_of(bigint[])', 'held_members(text[], text[])', 'identifier_holders(text[], text[], text[], timestamptz)'] loop
    execute format('alter function %s owner to mra_decider', thing);
    execute format('revoke execute on function %s from public', thing);
    execute format('grant execute on function %s to mra_service', thing);
  end loop;
end
$$;
