"""Tags: named conditions over daily measures and windows."""
