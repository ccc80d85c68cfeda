"""churnlab.toml and what it names."""
