"""The event log: any source of events, checked and rolled up once.

An event's way, a module a step: `spec` (what columns mean), `sources` (files, frames and tables of
a database as tasks), `batches` (a batch, checked, as columns of whole numbers), `rollup` (tasks to
blocks), `open_day` (the rows of one day), `event_log` (the finished log).

Four words for "some of the events", used in this room alone for these four things:

- task: a range of local days, or a group of people, that one core rolls up on its own;
- row group: rows that a Parquet file stores together, with the smallest and largest time;
- batch: an Arrow record batch, the unit of reading;
- block: the finished rows of one day.
"""
