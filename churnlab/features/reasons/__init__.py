"""Reasons: sentences about a person's own numbers, each with what must hold for it to be said."""
