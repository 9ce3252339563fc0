"""MLflow's own tests, unchanged, against a server that is not MLflow's; see README.md."""
