"""Guards: what must hold of a night before its list is published."""
