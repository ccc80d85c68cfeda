"""How well a model did: metrics, baselines beside it, backtests, profit."""
