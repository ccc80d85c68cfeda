"""Grading: what a list said against what happened."""
