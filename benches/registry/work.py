"""The requests that are measured, and what the answers must be for the figures to count."""

import json
import statistics

import content
import load
from systems import busy
from wire import PATH, Connection, request

SEARCHES = {
    "the newest 100": {"max_results": 100},
    "filtered by metric, parameter and tag": {"max_results": 100, "filter": "metrics.m0 > 0.9 and params.p3 = '3' and tags.t0 = 'v3'"},
    # Ties are broken by the start, as every server does.
    "100 ordered by a metric": {"max_results": 100, "order_by": ["metrics.m1 DESC", "attributes.start_time DESC"]},
}


def timed(server, make, most, clients, seconds):
    """As many of `make(i)`, up to `most`, as fit into the seconds; gives latency, rate and the server's CPU time."""
    cpu, before = server.used()["cpu_s"], busy()
    latencies, took, counts = load.drive(server.port, make, most, clients, seconds)
    used, count = server.used()["cpu_s"] - cpu, len(latencies)
    latencies.sort()
    return {"count": count, "per_s": count / took, "p50_ms": 1e3 * statistics.median(latencies),
            "p99_ms": 1e3 * latencies[min(count - 1, int(count * 0.99))], "cpu_ms": 1e3 * used / count,
            "machine_cores": (busy() - before) / took}, counts


def by(clients):
    return f"{clients:,} client{'s' * (clients > 1)}"


def writes(server, seconds, note):
    """Logging by one client and by several, each to a run of its own; `note(name, figures)` hears each."""
    connection = Connection(server.port)
    experiment = connection.call("POST", "/experiments/create", {"name": "writes"})["experiment_id"]

    def new_run(name):
        made = {"experiment_id": experiment, "run_name": name, "start_time": content.FIRST}
        return connection.call("POST", "/runs/create", made)["run"]["info"]["run_id"]

    def create(i):
        made = {"experiment_id": experiment, "run_name": f"r{i}", "start_time": content.FIRST + i}
        return request("POST", f"{PATH}/runs/create", made)

    for clients in (1, 8):
        note(f"create-run, {by(clients)}", timed(server, create, 50_000, clients, seconds)[0])

    # Python's server is not asked to stand a crowd: 2,000 clients wait for it for half a minute each.
    for clients in (1, 8, 64) if server.is_python else (1, 8, 64, 2_000):
        runs = [new_run(f"metric {k} of {clients}") for k in range(clients)]

        def metric(i, runs=runs):
            point = {"run_id": runs[i % len(runs)], "key": "m", "value": i / 2, "timestamp": content.FIRST + i, "step": i}
            return request("POST", f"{PATH}/runs/log-metric", point)

        figures, counts = timed(server, metric, 1_000_000, clients, seconds)
        note(f"log-metric, {by(clients)}", figures)
        for k, run in list(enumerate(runs))[:64]:
            last = connection.call("GET", f"/runs/get?run_id={run}")["run"]["data"]["metrics"][0]
            # Every acknowledged step is there, so the latest is the highest that was sent.
            if last["step"] != k + (counts[k] - 1) * clients:
                raise RuntimeError(f"{counts[k]} metrics of client {k} were acknowledged, the latest step is {last['step']}")

    for clients in (1, 4, 16):
        runs = [new_run(f"batch {k} of {clients}") for k in range(clients)]

        def batch(i, runs=runs):
            points = [{"key": f"b{j % 10}", "value": j / 10, "timestamp": content.FIRST + i, "step": i * 100 + j // 10}
                      for j in range(1_000)]
            return request("POST", f"{PATH}/runs/log-batch", {"run_id": runs[i % len(runs)], "metrics": points})

        made = [batch(i) for i in range(500 if server.is_python else 2_500)]
        note(f"log-batch of 1,000 metrics, {by(clients)}", timed(server, made.__getitem__, len(made), clients, seconds)[0])


def history(server, seconds, note):
    connection = Connection(server.port)
    made = {"experiment_id": "0", "run_name": "history", "start_time": content.FIRST}
    run = connection.call("POST", "/runs/create", made)["run"]["info"]["run_id"]
    for k in range(10):
        points = [{"key": "h", "value": j / 10, "timestamp": content.FIRST + j, "step": k * 1_000 + j} for j in range(1_000)]
        connection.call("POST", "/runs/log-batch", {"run_id": run, "metrics": points})
    asked = request("GET", f"{PATH}/metrics/get-history?run_id={run}&metric_key=h&max_results=25000")
    answer = json.loads(Connection(server.port).send(asked)[1])["metrics"]
    note("history of 10,000 points", timed(server, lambda _: asked, 500, 1, seconds)[0])
    note("one run", timed(server, lambda _: request("GET", f"{PATH}/runs/get?run_id={run}"), 2_000, 1, seconds)[0])
    return {"history": sorted((point["step"], point["value"]) for point in answer)}


def searches(server, sizes, seconds, note):
    """Searches as the experiment grows; gives the names that each search found, which must be the same everywhere."""
    connection, found, there = Connection(server.port), {}, 0
    experiment = connection.call("POST", "/experiments/create", {"name": "searches"})["experiment_id"]
    for size in sizes:
        by_rows = server.is_python and size > 1_000
        make, where = (content.by_rows, server.database) if by_rows else (content.by_requests, server.port)
        make(where, experiment, range(there, size))
        there = size
        for name, asked in SEARCHES.items():
            body = {"experiment_ids": [experiment], **asked}
            answer = connection.call("POST", "/runs/search", body)
            found[f"{size}: {name}"] = [run["info"]["run_name"] for run in answer.get("runs", [])]
            raw = request("POST", f"{PATH}/runs/search", body)
            note(f"search {size:,} runs: {name}", timed(server, lambda _, raw=raw: raw, 500, 1, seconds)[0])
    return found
