"""The learners that the estimators are built from: trees, linear models, forests and blends."""
