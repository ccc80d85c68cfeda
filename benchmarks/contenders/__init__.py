"""Who is measured. Each takes a file of events to the features of everybody active (six signals, named in churnlab_features), at END
or at the days given.
"""
