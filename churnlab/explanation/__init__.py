"""Why: SHAP values joined to sentences."""
