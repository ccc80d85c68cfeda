"""Models: churn probability, lifetime value and time to churn, with the baselines to beat."""
