"""The vocabulary of a log: days, roles, measures, targets, and which library a dataframe is of."""
