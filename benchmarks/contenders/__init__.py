"""Who is measured. Each takes a file of events to the features of everybody active (the whole default set, `signals` in
churnlab_features), at END or at the days given.
"""
