"""Moves the alias `champion` with MLflow's own client, after loading the version as any Python user would.

    python move_champion.py http://127.0.0.1:5000 MODEL VERSION
"""

import json
import os
import sys
import tempfile

import mlflow
import pandas
from mlflow import MlflowClient

url, name, version = sys.argv[1:]
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
mlflow.set_tracking_uri(url)
client = MlflowClient()
client.set_registered_model_alias(name, "champion", version)
found = client.get_model_version_by_alias(name, "champion")
assert (found.version, found.status) == (version, "READY"), found
run = client.get_run(found.run_id)
assert run.info.status == "FINISHED" and 0 < run.data.metrics["auroc"] < 1, run
assert len(client.get_metric_history(found.run_id, "train_loss")) > 0

with tempfile.TemporaryDirectory() as folder:
    here = mlflow.artifacts.download_artifacts(f"models:/{name}@champion", dst_path=folder)
    with open(os.path.join(here, "serving_input_example.json")) as file:
        example = json.load(file)["dataframe_split"]
model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
rows = pandas.DataFrame(example["data"], columns=example["columns"], dtype="float64")
print(model.predict(rows))
