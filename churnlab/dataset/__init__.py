"""Snapshots, features and labels on the same rows."""
