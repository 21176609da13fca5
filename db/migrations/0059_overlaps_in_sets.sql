-- That no two facts about a member hold at one time is checked once for all rows of a statement: row by row, in the GiST indexes of
-- exclusion constraints, it took two thirds of a COPY of members, and the indexes half of the space.

-- After each statement that writes facts: no row that it has written is valid and known at once with another one about the same thing.
-- Raised as an exclusion constraint of that name would, with its SQLSTATE.
create function refuse_overlaps() returns trigger
  language plpgsql security definer set search_path = public, pg_temp
  -- From a row to the few others of its member by the index, also while statistics say that the table is empty.
  set enable_seqscan = off as $$
declare
  is_twice boolean;
begin
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    raise exception 'facts are written at READ COMMITTED, where this check sees what others have committed';
  end if;
  -- Two writers who did not take turns would each see only their own rows: they take turns here at the latest.
  perform pg_advisory_xact_lock(7001);
  case tg_table_name
    when 'membership_record' then
      is_twice := exists (
        select from written w
         where (select count(*) from membership_record o
                 where o.membership_id = w.membership_id and o.known && w.known) > 1);
    when 'membership_status' then
      is_twice := exists (
        select from written w
         where (select count(*) from membership_status o
                 where o.membership_id = w.membership_id and o.component = w.component
                   and o.valid && w.valid and o.known && w.known) > 1);
    when 'membership_consent' then
      is_twice := exists (
        select from written w
         where (select count(*) from membership_consent o
                 where o.membership_id = w.membership_id and o.valid && w.valid and o.known && w.known) > 1);
    when 'membership_identifier' then
      is_twice := exists (
        select from written w
         where (select count(*) from membership_identifier o
                 where o.membership_id = w.membership_id and o.normalised = w.normalised and o.scheme = w.scheme
                   and o.origin = w.origin and o.recogniser = w.recogniser and o.valid && w.valid and o.known && w.known) > 1);
  end case;
  if is_twice then
    raise exception 'two rows of % about one thing are valid and known at once', tg_table_name
      using errcode = 'exclusion_violation', table = tg_table_name, constraint = tg_table_name || '_no_overlap';
  end if;
  return null;
end
$$;
revoke execute on function refuse_overlaps() from public;

do $$
declare
  fact text;
begin
  foreach fact in array array['membership_record', 'membership_status', 'membership_consent', 'membership_identifier'] loop
    execute format('alter table %I drop constraint %I', fact, fact || '_no_overlap');
    execute format('create trigger %I after insert on %I referencing new table as written
                      for each statement execute function refuse_overlaps()', fact || '_no_overlap', fact);
    execute format('create trigger %I after update on %I referencing new table as written
                      for each statement execute function refuse_overlaps()', fact || '_no_overlap_again', fact);
  end loop;
end
$$;

drop function shuffled(bigint);
