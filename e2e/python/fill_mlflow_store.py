"""Fills a tracking server through MLflow's own client with a little of all that a store can hold, to be moved then.

    python fill_mlflow_store.py http://127.0.0.1:5000

The server needs MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true. Two active experiments and a deleted one; runs of every state with
histories, values that are no numbers, datasets and artifacts; logged models; traces with spans and assessments; models with
versions, aliases and stages; a prompt; webhooks.
"""

import json
import os
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.entities import (
    AssessmentSource,
    Dataset,
    DatasetInput,
    Expectation,
    Feedback,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    LoggedModelTag,
    Metric,
    Param,
    RunTag,
)
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent

# A metric's history that fills more than one of Strata's chunks.
POINTS = 300


def runs(client: MlflowClient, experiment: str) -> list[str]:
    made = []
    for number in range(3):
        run = client.create_run(experiment, run_name=f"sepsis-{number}", start_time=1_700_000_000_000 + number)
        run_id = run.info.run_id
        made.append(run_id)
        points = [
            Metric("loss", 1 / (step + 1), 1_700_000_000_000 + 10 * step, step) for step in range(POINTS)
        ]
        client.log_batch(
            run_id,
            metrics=points + [Metric("ward/auroc", 0.5 + number / 10, 1_700_000_001_000, 0)],
            params=[Param("layers", str(number)), Param("site", "Ö-Klinik"), Param("long", "x" * 3000)],
            tags=[RunTag("arm", "treatment"), RunTag("mlflow.note.content", "a **note**\nof two lines")],
        )
        for step, value in enumerate([float("nan"), float("inf"), float("-inf"), -0.0, 5e-324]):
            client.log_metric(run_id, "odd", value, 1_700_000_002_000 + step, step)
        client.log_metric(run_id, "last is no number", float("nan"), 1_700_000_003_000, 7)
        # A correction of an earlier step, after later ones.
        client.log_metric(run_id, "loss", 42.0, 1_700_000_000_001, 3)
        dataset = Dataset("cohort", f"digest{number // 2}", "http", '{"url": "https://example.org/c"}', '{"a": 1}', "{}")
        client.log_inputs(run_id, datasets=[DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
        artifacts(client, run_id, number)
    client.set_terminated(made[0], "FINISHED", 1_700_000_100_000)
    client.set_terminated(made[1], "FAILED", 1_700_000_200_000)
    child = client.create_run(experiment, tags={"mlflow.parentRunId": made[0]}, run_name="child")
    client.delete_run(child.info.run_id)
    return made + [child.info.run_id]


def artifacts(client: MlflowClient, run_id: str, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in [("hello.txt", f"hello {number}\n"), ("empty", ""), ("ä ö.json", "{}")]:
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        client.log_artifacts(run_id, folder, "notes" if number else None)


def logged_models(client: MlflowClient, experiment: str, made: list[str]) -> list[str]:
    ids = []
    for number, name in enumerate(["risk", "risk", "gone"]):
        model = client.create_logged_model(
            experiment,
            name=name,
            source_run_id=made[0],
            tags={"team": "ward 3"},
            params={"depth": str(number)},
            model_type="onnx",
        )
        ids.append(model.model_id)
        client.log_metric(
            made[0],
            "model auroc",
            0.8,
            1_700_000_004_000,
            number,
            model_id=model.model_id,
            dataset_name="cohort",
            dataset_digest="digest0",
        )
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "MLmodel"), "w") as file:
                file.write(json.dumps({"flavors": {"python_function": {"loader_module": "nothing"}}}))
            client.log_model_artifacts(model.model_id, folder)
    client.finalize_logged_model(ids[0], "READY")
    client.finalize_logged_model(ids[1], "FAILED")
    client.log_outputs(made[0], [LoggedModelOutput(ids[0], 4), LoggedModelOutput(ids[1], 0)])
    client.log_inputs(made[1], models=[LoggedModelInput(ids[0])])
    client.delete_logged_model(ids[2])
    return ids


def traces(client: MlflowClient, experiment: str, run_id: str) -> list[str]:
    mlflow.set_experiment(experiment_id=experiment)
    ids = []
    for number in range(3):
        with mlflow.start_span("ask") as root:
            root.set_inputs({"question": f"how is patient {number}?", "ö": "ü"})
            with mlflow.start_span("llm", span_type="LLM") as inner:
                inner.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})
                inner.set_attribute("mlflow.llm.model", "tiny")
                inner.set_attribute("mlflow.llm.cost", {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75})
            if number == 2:
                root.record_exception(ValueError("no bed"))
                root.set_status("ERROR")
            mlflow.update_current_trace(
                tags={"ward": "3"}, metadata={"mlflow.trace.session": f"s{number % 2}", "mlflow.trace.user": "ada"}
            )
            root.set_outputs("fine")
        ids.append(root.trace_id)
    mlflow.flush_trace_async_logging(terminate=True)
    person = AssessmentSource("HUMAN", "ada")
    mlflow.log_assessment(ids[0], Feedback(name="right", value=True, source=person, rationale="seen"))
    number = mlflow.log_assessment(ids[0], Feedback(name="score", value=0.5, source=person))
    mlflow.override_feedback(trace_id=ids[0], assessment_id=number.assessment_id, value=0.75, source=person)
    mlflow.log_assessment(ids[0], Feedback(name="judged", value="yes", source=AssessmentSource("LLM_JUDGE", "m"), metadata={"k": "v"}))
    mlflow.log_assessment(ids[1], Feedback(name="failed", error=ValueError("too long"), source=person))
    mlflow.log_assessment(ids[1], Expectation(name="answer", value={"beds": [1, 2.5]}, source=person))
    client.set_trace_tag(ids[1], "checked", "yes")
    client.link_traces_to_run(ids[:2], run_id)
    return ids


def models(client: MlflowClient, made: list[str], logged: list[str]) -> None:
    client.create_registered_model("sepsis risk", tags={"owner": "ward 3"}, description="Says who may fall ill")
    for run_id in made[:3]:
        source = f"{client.get_run(run_id).info.artifact_uri}/notes"
        client.create_model_version("sepsis risk", source, run_id, tags={"checked": "ü"}, description=f"Of {run_id}")
    client.create_model_version("sepsis risk", f"models:/{logged[0]}", made[0], model_id=logged[0])
    client.set_registered_model_alias("sepsis risk", "champion", "1")
    client.set_registered_model_alias("sepsis risk", "challenger", "3")
    client.transition_model_version_stage("sepsis risk", "1", "Production")
    client.delete_model_version("sepsis risk", "2")
    client.create_registered_model("empty")
    mlflow.register_prompt("greeting", "Hello {{name}}!", commit_message="first", tags={"language": "en"})
    mlflow.set_prompt_alias("greeting", alias="live", version=1)


def webhooks(client: MlflowClient) -> None:
    events = [WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)]
    client.create_webhook("told", "https://127.0.0.1/hook", events, description="a hook", secret="a secret")
    events.append(WebhookEvent(WebhookEntity.REGISTERED_MODEL, WebhookAction.CREATED))
    client.create_webhook("silent", "https://127.0.0.1/other", events, status="DISABLED")


def main(url: str) -> None:
    os.environ["MLFLOW_ENABLE_ASYNC_LOGGING"] = "false"
    mlflow.set_tracking_uri(url)
    client = MlflowClient()
    experiment = client.create_experiment("sepsis trial", tags={"mlflow.note.content": "**words**"})
    client.create_experiment("empty trial")
    made = runs(client, experiment)
    client.log_param(client.create_run("0", run_name="in the first").info.run_id, "a", "b")
    logged = logged_models(client, experiment, made)
    asked = traces(client, experiment, made[0])
    models(client, made, logged)
    webhooks(client)
    gone = client.create_experiment("gone trial")
    client.create_run(gone)
    client.delete_experiment(gone)
    print(json.dumps({"experiment": experiment, "runs": made, "logged_models": logged, "traces": asked}))


if __name__ == "__main__":
    main(sys.argv[1])
