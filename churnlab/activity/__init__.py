"""Daily activity: one row per person and day, the only thing read after the log."""
