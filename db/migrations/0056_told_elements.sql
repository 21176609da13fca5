-- What a partner reads of a member is cut to the data elements of the agreement that makes the member known to it, as what it is sent is.

-- The data elements that the caller may read of another administration's member; empty where it may know nothing of it.
create function told_elements(member bigint) returns text[]
  language plpgsql stable strict security definer
  set search_path = public, pg_temp
  -- As for is_shared_with: from a member to its few rows by an index.
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off as $$
begin
  return coalesce(
    (select coalesce(s.data_elements, default_data_elements())
       from shared_memberships(caller_administration(), now(), array[member], false) s),
    '{}');
end
$$;
alter function told_elements(bigint) owner to mra_decider;
revoke execute on function told_elements(bigint) from public;
grant execute on function told_elements(bigint) to mra_service;
