"""Sinks: where a list goes besides the output folder."""
