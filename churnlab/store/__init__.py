"""The activity store: daily rows in a folder, updated a day at a time."""
