"""Tonight's list: who is at risk, why, and what they are worth."""
