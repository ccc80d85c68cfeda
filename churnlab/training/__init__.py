"""From a configuration to a judged and logged model."""
