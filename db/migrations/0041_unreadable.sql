-- Events that came unreadable are asked for again, and two more kinds of reports for operations.

-- How often something came of which not even its place in the stream could be read, and how many of these times were followed by asking
-- again. What was refused for good at the sender would else be missed only when the next event shows the gap.
alter table inbound_stream
  add column unreadable       bigint not null default 0 check (unreadable >= 0),
  add column unreadable_asked bigint not null default 0 check (unreadable_asked >= 0);

-- clock_ahead: a partner's events are dated later than now. shares_repaired: what a partner had been told was not what it should have
-- been, and events put it right.
alter table exchange_report drop constraint exchange_report_kind_check;
alter table exchange_report add constraint exchange_report_kind_check check (
  kind in ('snapshot_applied', 'snapshot_refused', 'digest_repaired', 'events_missing', 'stream_updated', 'set_refused',
           'delivery_refused', 'record_warned', 'clock_ahead', 'shares_repaired'));
