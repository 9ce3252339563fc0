"""Fills a tracking server through MLflow's own client with a little of all that a store can hold, to be moved then.

    python fill_mlflow_store.py http://127.0.0.1:5000

The server needs MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true. Two active experiments and a deleted one; runs of every state with
histories, values that are no numbers, datasets and artifacts; logged models; traces with spans and assessments; models with
versions, aliases and stages; a prompt; webhooks; evaluation datasets with records; issues; scorers; a gateway's secrets,
models and endpoints.
"""

import json
import os
import sys
import tempfile
import urllib.request

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


def ask(method: str, url: str, body: dict) -> dict:
    """What clients ask for by REST alone."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read() or b"{}")


def evaluation_datasets(url: str, experiment: str, trace: str) -> None:
    api = f"{url}/api/3.0/mlflow/datasets"
    tags = json.dumps({"mlflow.user": "ada", "ward": "3"})
    made = ask("POST", f"{api}/create", {"name": "asked", "experiment_ids": [experiment, "0"], "tags": tags})
    dataset = made["dataset"]["dataset_id"]
    ask("POST", f"{api}/create", {"name": "none asked"})
    source = {"source_type": "TRACE", "source_data": {"trace_id": trace}}
    records = [
        {"inputs": {"ö": [1, 2.5, None], "a": {"b": True}}, "outputs": {"text": "fine"}, "expectations": {"answer": 1}},
        {"inputs": {"q": 1e16}, "outputs": {"text": "no"}, "tags": {"mlflow.user": "bob"}, "source": source},
        {"inputs": {"q": "nothing came out"}},
    ]
    ask("POST", f"{api}/{dataset}/records", {"records": json.dumps(records)})
    more = [{"inputs": {"q": 1e16}, "outputs": None, "expectations": {"answer": [1]}}]
    ask("POST", f"{api}/{dataset}/records", {"records": json.dumps(more)})


def issues(url: str, experiment: str, run_id: str, trace: str) -> None:
    api = f"{url}/api/3.0/mlflow"
    found = {"experiment_id": experiment, "name": "slow", "description": "It takes long.", "source_run_id": run_id,
             "severity": "high", "categories": ["Cost", " cost ", "latency"], "root_causes": ["a", "b"],
             "metadata": {"ö": "ü"}, "created_by": "ada"}
    made = ask("POST", f"{api}/issues", found)["issue"]["issue_id"]
    ask("PATCH", f"{api}/issues/{made}", {"issue_id": made, "status": "resolved"})
    ask("POST", f"{api}/issues", {"experiment_id": experiment, "name": "bare", "description": "d"})
    seen = {"assessment_name": made, "issue": {"issue_name": "slow"}, "source": {"source_type": "HUMAN", "source_id": "ada"}}
    ask("POST", f"{api}/traces/{trace}/assessments", {"assessment": seen})


def gateway(url: str, experiment: str) -> None:
    api = f"{url}/api/3.0/mlflow/gateway"
    key = {"secret_name": "key of ä", "secret_value": {"api_key": "sk-0123456789"}, "provider": "openai"}
    secret = ask("POST", f"{api}/secrets/create", key)["secret"]["secret_id"]
    models = []
    for name in ["first", "second"]:
        model = {"name": name, "secret_id": secret, "provider": "openai", "model_name": f"gpt-{name}"}
        models.append(ask("POST", f"{api}/model-definitions/create", model)["model_definition"]["model_definition_id"])
    offered = [{"model_definition_id": models[0], "linkage_type": "PRIMARY", "weight": 0.5},
               {"model_definition_id": models[1], "linkage_type": "FALLBACK", "weight": 1.0, "fallback_order": 1}]
    endpoint = {"name": "judges", "model_configs": offered, "routing_strategy": "REQUEST_BASED_TRAFFIC_SPLIT",
                "fallback_config": {"strategy": "SEQUENTIAL", "max_attempts": 2}, "usage_tracking": True}
    made = ask("POST", f"{api}/endpoints/create", endpoint)["endpoint"]["endpoint_id"]
    ask("POST", f"{api}/endpoints/set-tag", {"endpoint_id": made, "key": "ward", "value": "3"})
    scorers = f"{url}/api/3.0/mlflow/scorers"
    for model in ["gateway:/judges", "openai:/gpt-4"]:
        judge = {"name": "kind", "instructions_judge_pydantic_data": {"instructions": "Is {{ outputs }} kind?", "model": model}}
        body = {"experiment_id": experiment, "name": "kind", "serialized_scorer": json.dumps(judge)}
        ask("POST", f"{scorers}/register", body)
    body = {"experiment_id": experiment, "name": "kind", "sample_rate": 0.0, "filter_string": "trace.status = 'OK'"}
    ask("PUT", f"{scorers}/online-config", body)


def judged(url: str, experiment: str, run_id: str, trace: str) -> None:
    evaluation_datasets(url, experiment, trace)
    issues(url, experiment, run_id, trace)
    gateway(url, experiment)


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
    judged(url, experiment, made[0], asked[1])
    gone = client.create_experiment("gone trial")
    client.create_run(gone)
    client.delete_experiment(gone)
    print(json.dumps({"experiment": experiment, "runs": made, "logged_models": logged, "traces": asked}))


if __name__ == "__main__":
    main(sys.argv[1])
