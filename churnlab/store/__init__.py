"""Daily rows kept in a folder, updated a day at a time."""
