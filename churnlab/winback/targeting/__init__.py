"""Targeting: who gains most from which treatment, and whom to treat under a budget."""
