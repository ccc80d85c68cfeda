"""The event log: any source of events, checked and rolled up once."""
