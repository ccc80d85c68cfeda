"""Sentences for people: a template and its values, in any language that has a catalogue."""
