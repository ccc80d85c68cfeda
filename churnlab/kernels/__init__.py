"""The two compiled kernels, `rollup` (events to daily rows) and `windows` (daily rows to cells). They know no files."""
