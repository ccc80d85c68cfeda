"""Who is measured. Each takes a file of events to the default features of everybody active, at END or at the days given."""
