-- A line of a partner's list that could not be understood puts the copy of its member in doubt, as a bad record of the exchange does: the
-- partner has said something newer than the copy. Either kind of doubt is ended by a later word of the same way.
-- The constraint is of expressions, as all are (0031).
alter table membership_doubt
  add column told_by text not null default 'exchange' check (told_by in ('exchange', 'list')),
  drop constraint membership_doubt_no_overlap,
  add constraint membership_doubt_no_overlap exclude using gist
    ((membership_id + 0) with =, (told_by || '') with =, (known * '(,)'::tstzrange) with &&);
alter table membership_doubt alter column told_by drop default;
-- Each question about a copy asks for its doubts, of which a list may leave many.
create index membership_doubt_by_membership on membership_doubt (membership_id);
