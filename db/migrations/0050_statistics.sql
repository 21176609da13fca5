-- Whoever writes a long list in one transaction needs statistics of what it has written: until it commits, a vacuum finds none of its
-- rows and notes that the tables are empty, and each statement is then planned as if one row had to be compared with all others. Until
-- the transaction ends, no other vacuum or analyze of these tables runs. A target of 10 reads 3,000 rows of each.
create function analyze_facts() returns void
  language plpgsql volatile security definer
  set search_path = public, pg_temp
  set default_statistics_target = 10 as $$
begin
  analyze membership, membership_record, membership_status, membership_consent, membership_identifier, membership_event, copy, share;
end
$$;
grant maintain on membership, membership_record, membership_status, membership_consent, membership_identifier, membership_event, copy, share
  to mra_decider;
alter function analyze_facts() owner to mra_decider;
revoke execute on function analyze_facts() from public;
grant execute on function analyze_facts() to mra_service;
