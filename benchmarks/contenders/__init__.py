"""The contenders. Each turns a file of events into the features of everybody active.

The features are the whole default set (`signals` in churnlab_features), at END or at given days.
"""
