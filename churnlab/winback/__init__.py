"""What a treatment does to whom, and which one to give under a budget."""
