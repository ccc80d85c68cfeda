"""Who comes back, on which day, through which steps; stages of life and tags."""
