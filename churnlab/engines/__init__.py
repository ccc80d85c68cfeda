"""Who moves the rows from activity to features; nothing else differs between engines."""
