"""The vocabulary of a log: days, roles, measures and targets, and the engine of a dataframe."""
