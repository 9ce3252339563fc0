"""Fills a tracking server through MLflow's own client with what its pages show: experiments, runs, charts, models.

    python fill_mlflow.py http://127.0.0.1:5000

Prints one JSON object with the ids, for whoever looks at the pages then.
"""

import json
import math
import os
import sys
import tempfile

import mlflow
from mlflow import MlflowClient

EPOCHS = 60


def train(client: MlflowClient, experiment: str, number: int) -> str:
    with mlflow.start_run(experiment_id=experiment, run_name=f"sepsis-{number}") as run:
        mlflow.log_params({"learning_rate": 0.1 / (number + 1), "layers": number + 1, "site": "A" if number % 2 else "B"})
        mlflow.set_tags({"mlflow.note.content": f"Run **{number}** of the trial", "arm": "treatment"})
        for epoch in range(EPOCHS):
            loss = math.exp(-epoch / (20 + 5 * number)) + 0.01 * number
            mlflow.log_metrics({"loss": loss, "auroc": 0.9 - loss / 4, "folder/brier": loss / 10}, step=epoch)
        mlflow.log_metric("final", 0.8 + number / 100)
        mlflow.log_text("hello\n", "notes/hello.txt")
        mlflow.log_dict({"threshold": 0.3, "arm": "treatment"}, "settings.json")
        mlflow.log_text("<p id='said'>nothing</p><script>said.innerText = 'the script ran'</script>", "report.html")
        dataset = mlflow.data.from_pandas(frame(), source="https://example.org/trial.csv", name="trial")
        mlflow.log_input(dataset, context="training")
    return run.info.run_id


def frame():
    import pandas

    return pandas.DataFrame({"hr": [80.0, 90.0], "sbp": [120.0, 100.0]})


def log_sklearn(experiment: str) -> str:
    """A pipeline that is logged, registered, loaded again, and says the same."""
    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = frame()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(table, [0, 1])
    with mlflow.start_run(experiment_id=experiment, run_name="sklearn"):
        info = mlflow.sklearn.log_model(
            pipeline, name="pipeline", input_example=table, registered_model_name="sepsis pipeline",
            skops_trusted_types=["numpy.dtype"],
        )
    for address in [info.model_uri, "models:/sepsis pipeline/1"]:
        loaded = mlflow.pyfunc.load_model(address)
        assert numpy.array_equal(loaded.predict(table), pipeline.predict(table)), address
        assert loaded.metadata.signature is not None, address
    return info.model_id


def log_onnx(experiment: str) -> str:
    """A graph that adds one, the same way."""
    import numpy
    import onnx
    from onnx import TensorProto, helper

    floats = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("x", "y")]
    one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
    graph = helper.make_graph([helper.make_node("Add", ["x", "one"], ["y"])], "add", floats[:1], floats[1:], [one])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    with mlflow.start_run(experiment_id=experiment, run_name="onnx"):
        info = mlflow.onnx.log_model(model, name="adder", registered_model_name="adder")
    assert mlflow.onnx.load_model(info.model_uri) == model
    said = mlflow.pyfunc.load_model("models:/adder/1").predict(numpy.array([[2.0]], dtype=numpy.float32))
    assert said["y"].tolist() == [[3.0]], said
    return info.model_id


def trace(experiment: str) -> str:
    """A question, answered by two steps, and judged."""
    mlflow.set_experiment(experiment_id=experiment)

    @mlflow.trace(span_type="RETRIEVER")
    def guideline(topic):
        return [{"page_content": f"{topic}: start antibiotics within an hour"}]

    @mlflow.trace(name="triage", span_type="AGENT")
    def triage(question):
        return {"answer": guideline("sepsis")[0]["page_content"], "question": question}

    triage("what now?")
    mlflow.flush_trace_async_logging()
    trace_id = mlflow.get_last_active_trace_id()
    mlflow.set_trace_tag(trace_id, "ward", "icu")
    mlflow.log_feedback(trace_id=trace_id, name="useful", value=True, rationale="it is right")
    found = mlflow.search_traces(locations=[experiment], filter_string="tag.ward RLIKE '^i' AND span.type = 'AGENT'")
    assert list(found["trace_id"]) == [trace_id], found
    return trace_id


def main(url: str) -> None:
    os.environ["MLFLOW_ENABLE_ASYNC_LOGGING"] = "false"
    mlflow.set_tracking_uri(url)
    client = MlflowClient()
    experiment = client.create_experiment("sepsis trial", tags={"mlflow.note.content": "An experiment with **words**"})
    client.create_experiment("another trial")
    runs = [train(client, experiment, number) for number in range(3)]
    client.create_registered_model("sepsis risk", tags={"owner": "ward 3"}, description="Says who may fall ill")
    for run in runs[:2]:
        source = f"{client.get_run(run).info.artifact_uri}/model"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "MLmodel")
            with open(path, "w") as file:
                file.write(json.dumps({"flavors": {"python_function": {"loader_module": "nothing"}}, "run_id": run}))
            client.log_artifact(run, path, "model")
        client.create_model_version("sepsis risk", source, run, description=f"Of run {run}")
    client.set_registered_model_alias("sepsis risk", "champion", "1")
    logged = client.create_logged_model(experiment, name="risk", source_run_id=runs[0], params={"depth": "2"})
    client.finalize_logged_model(logged.model_id, "READY")
    said = {"experiment": experiment, "runs": runs, "model": "sepsis risk", "logged_model": logged.model_id}
    other = client.create_experiment("models that are loaded again")
    said |= {"loaded": other, "sklearn": log_sklearn(other), "onnx": log_onnx(other), "trace": trace(other)}
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1])
