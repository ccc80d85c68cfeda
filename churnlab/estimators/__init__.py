"""Models: scikit-learn estimators of who leaves, what they spend and when they leave, and the baselines beside them."""
