"""The model card: what product reads before it signs."""
