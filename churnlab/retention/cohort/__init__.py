"""Cohorts: of the people who began in a period, how many came back, and when."""
