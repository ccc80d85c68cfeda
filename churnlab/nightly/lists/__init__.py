"""Lists as files: what one holds, how it is published whole, and how it is read again."""
