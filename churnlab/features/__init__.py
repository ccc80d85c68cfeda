"""Features: each with its value, unit and sentence; declared by signals, computed by one kernel."""
