"""Documents, plots and files that people open."""
