"""The summary of a list, for people to read."""
