"""Daily activity: one row per person and day, the only data that is read after the log."""
