"""Who is worth how much, what that costs, and which traffic looks automated."""
