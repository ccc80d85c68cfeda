"""MLflow: runs, and what a run says of itself."""
