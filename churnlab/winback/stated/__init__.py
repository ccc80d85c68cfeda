"""Stated reasons for leaving, beside what the signals said before."""
