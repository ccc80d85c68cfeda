"""Stages of life: everybody's stage on a day, and the moves between two days."""
