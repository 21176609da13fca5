-- The indexes of exclusion constraints serve the constraints alone: no query may be planned through one.

-- PostgreSQL (seen in 15 and 18.4) loses entries of a GiST index when a scan is begun anew by the very statement whose rows make its
-- first page split: it applies what it has noted about dead entries of the old page to the new ones, and rows that are live are never
-- found by that index again. An update through it then leaves facts known that a later record has replaced, and the constraint lets
-- them stand beside each other. Twenty versions of one member in a new database were enough. Checking the constraint itself makes a new
-- scan for each row, which is not affected; and no query matches an expression that none is written with.
do $$
declare
  exclusion record;
begin
  for exclusion in
    select c.conrelid::regclass as relation, c.conname as name,
           (select string_agg(
                     format(case when i.indkey[k.place - 1] = 0 then '(%s)'
                                 when t.typname = 'text' then '(%s || '''')'
                                 when t.typname = 'int8' then '(%s + 0)'
                                 else '(%s * ''(,)''::tstzrange)' end,
                            pg_get_indexdef(c.conindid, k.place::integer, true))
                     || ' with ' || o.oprname, ', ' order by k.place)
              from unnest(c.conexclop) with ordinality as k (operator, place)
              join pg_operator o on o.oid = k.operator
              left join pg_attribute a on a.attrelid = c.conrelid and a.attnum = i.indkey[k.place - 1] and a.attnum > 0
              left join pg_type t on t.oid = a.atttypid) as keys
      from pg_constraint c
      join pg_index i on i.indexrelid = c.conindid
     where c.contype = 'x' and c.connamespace = 'public'::regnamespace
  loop
    execute format('alter table %s drop constraint %I, add constraint %I exclude using gist (%s)',
                   exclusion.relation, exclusion.name, exclusion.name, exclusion.keys);
  end loop;
end
$$;
