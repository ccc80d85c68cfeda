"""The compiled loops. They take and return numpy arrays, and do not read or write files."""
