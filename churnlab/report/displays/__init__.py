"""Displays of predictions, in scikit-learn's manner."""
