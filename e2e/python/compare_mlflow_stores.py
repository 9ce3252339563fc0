"""Reads all that two tracking servers know of the same store through REST, and says where they differ.

    python compare_mlflow_stores.py http://127.0.0.1:5000 http://127.0.0.1:5001 [--without-artifacts] [--without-webhooks] [--without-secrets]

Prints what was compared, by kind, as one JSON object; leaves with 1 if anything differs.
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

API = "/api/2.0/mlflow"
API3 = "/api/3.0/mlflow"


def ask(server: str, path: str, body=None, /, **query):
    url = server + path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else "")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read() or b"{}")
    except urllib.error.HTTPError as error:
        said = json.loads(error.read() or b"{}")
        return {"status": error.code, "error_code": said.get("error_code")}


def pages(server: str, path: str, what: str, body=None, **query):
    items, token = [], None
    while True:
        more = {"page_token": token} if token else {}
        answer = ask(server, path, {**body, **more}) if body is not None else ask(server, path, **query, **more)
        items += answer.get(what, [])
        token = answer.get("next_page_token")
        if not token:
            return items


def plain(value):
    """The same for answers that mean the same: lists without an order in one, JSON within texts as JSON."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        items = [plain(item) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def artifacts(server: str, path: str, found: dict) -> None:
    for file in ask(server, "/api/2.0/mlflow-artifacts/artifacts", path=path).get("files", []):
        inner = f"{path}/{file['path']}"
        if file.get("is_dir"):
            artifacts(server, inner, found)
        else:
            url = f"{server}/api/2.0/mlflow-artifacts/artifacts/{urllib.parse.quote(inner)}"
            with urllib.request.urlopen(url, timeout=60) as response:
                found[f"artifact {inner}"] = response.read().hex()


def bare(value, options: tuple):
    """Without the workspaces that Strata does not have, and the secrets that were left."""
    left = ("workspace", *(("secret_id", "secret_name") if "--without-secrets" in options else ()))
    if isinstance(value, dict):
        return {key: bare(inner, options) for key, inner in value.items() if key not in left}
    return [bare(inner, options) for inner in value] if isinstance(value, list) else value


def read(server: str, options: tuple) -> dict:
    found: dict = {}
    experiments = pages(server, f"{API}/experiments/search", "experiments", {"max_results": 100, "view_type": "ALL"})
    ids = [experiment["experiment_id"] for experiment in experiments]
    for experiment in experiments:
        # Strata has no workspaces, and says nothing of them.
        found[f"experiment {experiment['name']}"] = {k: v for k, v in experiment.items() if k != "workspace"}
    runs = pages(
        server, f"{API}/runs/search", "runs", {"experiment_ids": ids, "run_view_type": "ALL", "max_results": 7}
    )
    for listed in runs:
        run_id = listed["info"]["run_id"]
        # MLflow's search leaves the models that a run took in out.
        run = ask(server, f"{API}/runs/get", run_id=run_id)["run"]
        found[f"run {run_id}"] = run
        # Of the order, too: that in which keys came is how pages show them.
        keys = [metric["key"] for metric in run["data"].get("metrics", [])]
        found[f"order {run_id}"] = json.dumps(keys)
        for key in keys:
            points = pages(
                server, f"{API}/metrics/get-history", "metrics", run_id=run_id, metric_key=key, max_results=100
            )
            points.sort(key=lambda point: (point["step"], point["timestamp"], str(point["value"])))
            found[f"history {run_id} {key}"] = json.dumps(points)
    for filter_text, order in [
        ("metrics.loss < 0.1", ["metrics.`ward/auroc` DESC"]),
        ("params.layers = '1'", []),
        ("tags.arm = 'treatment'", ["params.layers ASC"]),
        ("datasets.digest = 'digest0'", []),
        ("attributes.status = 'FAILED'", []),
    ]:
        body = {"experiment_ids": ids, "filter": filter_text, "order_by": order, "max_results": 100}
        answer = ask(server, f"{API}/runs/search", body)
        found[f"search {filter_text}"] = json.dumps([run["info"]["run_id"] for run in answer.get("runs", [])])
    body = {"experiment_ids": ids}
    found["datasets"] = ask(server, "/ajax-api/2.0/mlflow/experiments/search-datasets", body)

    for model in pages(server, f"{API}/logged-models/search", "models", {"experiment_ids": ids, "max_results": 50}):
        found[f"logged model {model['info']['model_id']}"] = model
    for run in runs:
        for model in run.get("outputs", {}).get("model_outputs", []):
            asked = ask(server, f"{API}/logged-models/{model['model_id']}", allow_deleted="true")
            found[f"logged model of a run {model['model_id']}"] = asked

    locations = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": id}} for id in ids]
    infos = pages(server, f"{API3}/traces/search", "traces", {"locations": locations, "max_results": 100})
    for info in infos:
        found[f"trace {info['trace_id']}"] = info
        found[f"spans {info['trace_id']}"] = ask(server, f"{API3}/traces/get", trace_id=info["trace_id"])
    for text in ["tag.ward = '3'", "trace.status = 'ERROR'", "trace.name = 'ask'", "feedback.right = 'true'"]:
        body = {"locations": locations, "filter": text, "max_results": 100}
        answer = ask(server, f"{API3}/traces/search", body)
        found[f"search {text}"] = sorted(info["trace_id"] for info in answer.get("traces", []))
    for run in runs:
        text = f"request_metadata.`mlflow.sourceRun` = '{run['info']['run_id']}'"
        body = {"locations": locations, "filter": text, "max_results": 100}
        answer = ask(server, f"{API3}/traces/search", body)
        found[f"traces of run {run['info']['run_id']}"] = sorted(t["trace_id"] for t in answer.get("traces", []))

    for model in pages(server, f"{API}/registered-models/search", "registered_models", max_results=100):
        found[f"registered model {model['name']}"] = ask(server, f"{API}/registered-models/get", name=model["name"])
    for version in pages(server, f"{API}/model-versions/search", "model_versions", max_results=100):
        name, number = version["name"], version["version"]
        found[f"version {name} {number}"] = ask(server, f"{API}/model-versions/get", name=name, version=number)
        uri = ask(server, f"{API}/model-versions/get-download-uri", name=name, version=number)
        found[f"place of {name} {number}"] = uri
    for name, alias in [("sepsis risk", "champion"), ("greeting", "live"), ("sepsis risk", "nobody")]:
        found[f"alias {name} {alias}"] = ask(server, f"{API}/registered-models/alias", name=name, alias=alias)
    found["registered prompt greeting"] = ask(server, f"{API}/registered-models/get", name="greeting")
    for dataset in pages(server, f"{API3}/datasets/search", "datasets", {"max_results": 10}):
        id = dataset["dataset_id"]
        found[f"dataset {id}"] = ask(server, f"{API3}/datasets/{id}")
        found[f"experiments of dataset {id}"] = ask(server, f"{API3}/datasets/{id}/experiment-ids")
        records = ask(server, f"{API3}/datasets/{id}/records", max_results=100)
        found[f"records of dataset {id}"] = json.loads(records.get("records", "[]"))
    for experiment in ids:
        for issue in pages(server, f"{API3}/issues/search", "issues", {"experiment_id": experiment, "max_results": 10}):
            found[f"issue {issue['issue_id']}"] = ask(server, f"{API3}/issues/{issue['issue_id']}")
        body = {"experiment_id": experiment, "categories": ["COST"], "include_trace_count": True}
        found[f"issues that cost in {experiment}"] = ask(server, f"{API3}/issues/search", body).get("issues", [])
        for scorer in ask(server, f"{API3}/scorers/list", experiment_id=experiment).get("scorers", []):
            name = scorer["scorer_name"]
            found[f"scorer {name}"] = ask(server, f"{API3}/scorers/versions", experiment_id=experiment, name=name)
            online = ask(server, f"{API3}/scorers/online-configs", scorer_ids=scorer["scorer_id"])
            found[f"online scoring of {name}"] = online
    for model in ask(server, f"{API3}/gateway/model-definitions/list").get("model_definitions", []):
        found[f"gateway model {model['name']}"] = bare(model, options)
    for endpoint in ask(server, f"{API3}/gateway/endpoints/list").get("endpoints", []):
        found[f"gateway endpoint {endpoint['name']}"] = bare(endpoint, options)
    found["gateway bindings"] = ask(server, f"{API3}/gateway/endpoints/bindings/list").get("bindings", [])
    if "--without-secrets" not in options:
        for secret in ask(server, f"{API3}/gateway/secrets/list").get("secrets", []):
            found[f"gateway secret {secret['secret_name']}"] = bare(secret, options)
    if "--without-webhooks" not in options:
        for webhook in pages(server, f"{API}/webhooks", "webhooks", max_results=10):
            found[f"webhook {webhook['webhook_id']}"] = webhook
    if "--without-artifacts" not in options:
        for experiment in ids:
            artifacts(server, experiment, found)
    return {name: plain(value) for name, value in found.items()}


def main(one: str, other: str, *options: str) -> int:
    left, right = read(one, options), read(other, options)
    differences = 0
    for name in sorted(left.keys() | right.keys()):
        if left.get(name) != right.get(name):
            differences += 1
            for said in (left.get(name), right.get(name)):
                print(f"{name}: {json.dumps(said, sort_keys=True)[:3000]}", file=sys.stderr)
    kinds: dict = {}
    for name in left:
        kind = name.split(" ")[0]
        kinds[kind] = kinds.get(kind, 0) + 1
    print(json.dumps({"compared": len(left), "differ": differences, "kinds": kinds}))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
