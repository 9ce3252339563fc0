"""Logs and registers a model as Python teams do, and gives its version an alias.

    python log_model.py http://127.0.0.1:5000
"""

import os
import sys

import mlflow
from mlflow import MlflowClient


class Half(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[float]) -> list[float]:
        return [value / 2 for value in model_input]


os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
mlflow.set_tracking_uri(sys.argv[1])
with mlflow.start_run():
    mlflow.pyfunc.log_model(name="half", python_model=Half(), registered_model_name="theirs", pip_requirements=["mlflow"])
MlflowClient().set_registered_model_alias("theirs", "champion", "1")
