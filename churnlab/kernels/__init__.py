"""The compiled loops. They take and give numpy arrays and know no files."""
