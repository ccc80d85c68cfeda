"""Use over time: how often people come, and what each period makes of them."""
