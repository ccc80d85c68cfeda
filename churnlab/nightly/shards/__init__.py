"""Shards: the people of a log in parts that are scored apart and merged into one list."""
