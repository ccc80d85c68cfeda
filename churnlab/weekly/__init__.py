"""The weekly report: a week beside the last one and the same week last year, for product."""
