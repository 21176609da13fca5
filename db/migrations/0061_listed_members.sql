-- Members of whom nothing is known yet, which are all those of a first list, are written in sets from where the list is staged: read
-- back, judged and sent again by the service, each took four times as long.

-- What is to be known of the line's member if it is a new one, as worked out when the line arrived: statuses, consents and identifiers,
-- each a list of the columns of its table without id and `known`. Null: only a judgement can tell.
alter table import_line add column facts jsonb check (facts is null or accepted);

-- Writes the new members of the upload of the transaction, in the order of its lines, at most so many of those after a line: all that
-- is known of each, the log, and what partners are told. A line whose member is known is left to be judged.
-- recorded: the instant of the open recording. origin: null, or the administration whose copies they are.
create function write_listed_members(
  which text, owner text, origin text, recorded timestamptz, client text, after_line bigint, most integer
) returns table (written bigint, last_line bigint)
  language plpgsql volatile security definer set search_path = public, pg_temp
  -- By indexes, also while statistics say that the tables are empty, and in their order: a bitmap of all lines to come, or a sort of them,
  -- would be made for each call anew. The lines of a call are held at once.
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
  set jit = off
  set work_mem = '32MB' as $$
declare
  span constant period := tstzrange(recorded, null);
  ids bigint[];
begin
  -- As the policies of row-level security have it for a member that the service itself inserts (0004).
  if (case when origin is null then owner = caller_administration() else caller_imports_copies() end
      and exists (select from programme p where p.id = which and p.administration = owner and upper_inf(p.known))) is not true then
    raise exception 'members of % are not the caller''s to write', which using errcode = 'insufficient_privilege';
  end if;
  with lines as (
    select l.line, l.number, l.number_normalised, l.record, l.facts
      from import_line_arrived l
     where l.upload_id = current_upload() and l.accepted and l.facts is not null and l.line > after_line
       and (select m.id from membership m where m.programme = which and m.number_normalised = l.number_normalised) is null
     order by l.line limit most
  ), listed as materialized (
    select nextval('membership_id_seq') as id, row_number() over (order by line) as place, lines.* from lines
  ), members as (
    insert into membership (id, administration, programme, number, number_normalised, source) overriding system value
    select id, owner, which, number, number_normalised, origin from listed
  ), records as (
    insert into membership_record (membership_id, version, type, issuing_country, issuing_office, validated_on, names, addresses,
                                   identifiers, roles, consent, valid, known, recorded_by)
    select id, 1, record ->> 'type', record ->> 'issuingCountry', record ->> 'issuingOffice', (record ->> 'validatedOn')::date,
           record -> 'names', record -> 'addresses', record -> 'identifiers',
           array(select jsonb_array_elements_text(record -> 'roles')), nullif(record -> 'consent', 'null'),
           tstzrange((record ->> 'validFrom')::timestamptz, (record ->> 'validTo')::timestamptz), span, client
      from listed
  ), statuses as (
    insert into membership_status (membership_id, type, component, status, valid, known)
    select id, f ->> 0, f ->> 1, f ->> 2, (f ->> 3)::tstzrange, span from listed, jsonb_array_elements(facts -> 0) f
  ), consents as (
    insert into membership_consent (membership_id, scope, partners, except_for, valid, known)
    select id, f ->> 0, (f ->> 1)::text[], (f ->> 2)::text[], (f ->> 3)::tstzrange, span from listed, jsonb_array_elements(facts -> 1) f
  ), identifiers as (
    insert into membership_identifier (membership_id, origin, scheme, value, normalised, recogniser, valid, known)
    select id, f ->> 0, f ->> 1, f ->> 2, f ->> 3, f ->> 4, (f ->> 5)::tstzrange, span
      from listed, jsonb_array_elements(facts -> 2) f
  ), head as (
    update log_head set seq = seq + (select count(*) from listed) returning seq, network_version
  ), entries as (
    insert into change_log (seq, recorded_at, recorded_by, administration, subject, subject_id, network_version, payload)
    select h.seq - (select count(*) from listed) + place, recorded, client, owner, 'membership', which || '/' || number,
           h.network_version, jsonb_build_object('programme', which, 'number', number, 'source', origin, 'record', record)
      from head h, listed
  )
  select count(*), max(line), array_agg(id) into written, last_line, ids from listed;
  if written > 0 then
    perform refresh_shares(ids, recorded, 'change:' || instant(recorded));
  end if;
  return next;
end
$$;

-- As whoever decides, who may add facts to this end and change none; the checks of a list's caller are the function's own.
grant select on import_line_arrived to mra_decider;
grant insert on membership, membership_record, membership_status, membership_consent, membership_identifier, change_log to mra_decider;
grant update on log_head to mra_decider;
grant usage on sequence membership_id_seq to mra_decider;
do $$
declare
  part text;
begin
  foreach part in array array['membership', 'membership_record', 'membership_status', 'membership_consent', 'membership_identifier',
                              'change_log'] loop
    execute format('create policy decider_writes_lists on %I for insert to mra_decider with check (true)', part);
  end loop;
end
$$;
alter function write_listed_members(text, text, text, timestamptz, text, bigint, integer) owner to mra_decider;
revoke execute on function write_listed_members(text, text, text, timestamptz, text, bigint, integer) from public;
grant execute on function write_listed_members(text, text, text, timestamptz, text, bigint, integer) to mra_service;
