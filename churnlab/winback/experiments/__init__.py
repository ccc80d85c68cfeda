"""Experiments: who was assigned to what, and what that did."""
