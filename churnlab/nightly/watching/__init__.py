"""Watching: the last nights of a job on one page."""
