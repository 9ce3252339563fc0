"""A store that grows: runs as `content` says, and beside them long ones of a million points each.

A few thousand runs and one long one are logged by requests. All others are copies of their rows, made in SQLite's file, so
that whatever a server writes for a run is there for each of them.
"""

import json
import os
import sqlite3

import content
import load
from systems import Server
from wire import PATH, Connection, request

# A run is a copy of the one whose number is the same by this: as often as metrics, parameters and tags come again.
TEMPLATES = 3_000
POINTS = 1_000_000
BATCH = 1_000

SEARCHES = {
    "the newest": {},
    "one by a parameter": {"filter": "params.seed = '1777'"},
    "one by its name": {"filter": "run_name = 's1777'"},
    "0.1 % by a metric": {"filter": "metrics.m0 > 0.998"},
    "0.1 % by a metric, ordered by another": {"filter": "metrics.m0 > 0.998", "order_by": ["metrics.m1 DESC"]},
    "10 % by a tag": {"filter": "tags.t0 = 'v3'"},
    "10 % by a tag, ordered by a metric": {"filter": "tags.t0 = 'v3'", "order_by": ["metrics.m1 DESC"]},
    "metric, parameter and tag": {"filter": "metrics.m0 > 0.9 and params.p3 = '3' and tags.t0 = 'v3'"},
    "ordered by a metric": {"order_by": ["metrics.m1 DESC"]},
    "by a part of a parameter, without an index": {"filter": "params.seed LIKE '%777'"},
}


def grow(sizes, seconds, note):
    """Measures a store of each of these sizes; a thousandth of the runs are long."""
    server, there = Server("strata"), 0
    try:
        connection = Connection(server.port)
        experiment = connection.call("POST", "/experiments/create", {"name": "grown"})["experiment_id"]
        content.by_requests(server.port, experiment, range(TEMPLATES))
        beside = connection.call("POST", "/experiments/create", {"name": "beside"})["experiment_id"]
        long = long_run(server.port, beside, seconds, note)
        for size in sizes:
            copy(server.database, experiment, max(there, TEMPLATES), size, long, there // 1_000, size // 1_000)
            there = size
            server.stop(keep=True)
            server = Server("strata", server.folder)
            measure(server, experiment, beside, size, seconds, lambda name, of: note(f"{size:,} runs: {name}", of))
    finally:
        server.stop()


def new_run(port, experiment, name):
    made = {"experiment_id": experiment, "run_name": name, "start_time": content.FIRST}
    return Connection(port).call("POST", "/runs/create", made)["run"]["info"]["run_id"]


def long_run(port, experiment, seconds, note):
    """A run of a million points, by requests."""
    run = new_run(port, experiment, "long")

    def batch(i):
        points = [{"key": "loss", "value": 1 / (1 + i * BATCH + j), "timestamp": content.FIRST + 1_000 * (i * BATCH + j),
                   "step": i * BATCH + j} for j in range(BATCH)]
        return request("POST", f"{PATH}/runs/log-batch", {"run_id": run, "metrics": points})

    latencies, took, _ = load.drive(port, batch, POINTS // BATCH, 1, 600)
    note("a million points of one metric", {"points_per_s": POINTS / took, "s": took})
    return run


def copy(database, experiment, first, last, long, first_long, last_long):
    """Writes the runs from `first` to `last`, and so many more long ones."""
    with sqlite3.connect(database, timeout=60, isolation_level=None) as store:
        store.execute("PRAGMA cache_size = -500000")
        store.execute("CREATE TEMP TABLE template (place INTEGER PRIMARY KEY, number INTEGER)")
        store.execute("INSERT INTO template SELECT CAST(substr(name, 2) AS INTEGER), number FROM runs "
                      "WHERE experiment_id = ? AND CAST(substr(name, 2) AS INTEGER) < ?", (experiment, TEMPLATES))
        for start in range(first, last, 100_000):
            copy_runs(store, start, min(start + 100_000, last))
        for number in range(first_long, last_long):
            copy_long(store, long, number)
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


def copy_runs(store, start, end):
    store.execute("BEGIN IMMEDIATE")
    base = store.execute("SELECT max(number) + 1 FROM runs").fetchone()[0] - start
    store.execute("CREATE TEMP TABLE made (number INTEGER PRIMARY KEY, place INTEGER, template INTEGER)")
    store.execute("WITH RECURSIVE i (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM i WHERE i + 1 < ?) INSERT INTO made "
                  "SELECT i + ?, i, t.number FROM i JOIN template t ON t.place = i % ?", (start, end, base, TEMPLATES))
    of = "FROM made d CROSS JOIN {} o ON o.run = d.template"
    store.execute("INSERT INTO runs (number, id, experiment_id, name, user_id, status, started_at, artifact_uri, lifecycle_stage) "
                  "SELECT d.number, lower(hex(randomblob(16))), o.experiment_id, 's' || d.place, o.user_id, o.status, "
                  "? + d.place, o.artifact_uri, o.lifecycle_stage FROM made d JOIN runs o ON o.number = d.template", (content.FIRST,))
    store.execute("INSERT INTO metrics (run, key, place, value, timestamp, step) "
                  f"SELECT d.number, o.key, o.place, o.value, o.timestamp, o.step {of.format('metrics')}")
    store.execute("INSERT INTO metric_chunks (run, key, first, count, points) "
                  f"SELECT d.number, o.key, o.first, o.count, o.points {of.format('metric_chunks')}")
    store.execute("INSERT INTO run_params (run, key, value) SELECT d.number, o.key, "
                  f"CASE o.key WHEN 'seed' THEN CAST(d.place AS TEXT) ELSE o.value END {of.format('run_params')}")
    store.execute("INSERT INTO run_tags (run, key, value) SELECT d.number, o.key, "
                  f"CASE o.key WHEN 'mlflow.runName' THEN 's' || d.place ELSE o.value END {of.format('run_tags')}")
    store.execute("DROP TABLE made")
    store.execute("COMMIT")


def copy_long(store, long, number):
    store.execute("BEGIN IMMEDIATE")
    template = store.execute("SELECT number FROM runs WHERE id = ?", (long,)).fetchone()[0]
    made = store.execute("INSERT INTO runs (id, experiment_id, name, user_id, status, started_at, artifact_uri, lifecycle_stage) "
                         "SELECT ?, experiment_id, ?, user_id, status, started_at, artifact_uri, lifecycle_stage FROM runs "
                         "WHERE number = ? RETURNING number", (f"{number:032x}", f"long {number}", template)).fetchone()[0]
    for table, columns in (("metrics", "key, place, value, timestamp, step"), ("metric_chunks", "key, first, count, points"),
                           ("run_tags", "key, value")):
        store.execute(f"INSERT INTO {table} (run, {columns}) SELECT ?, {columns} FROM {table} WHERE run = ?", (made, template))
    store.execute("COMMIT")


def measure(server, experiment, beside, size, seconds, note):
    connection = Connection(server.port)
    with sqlite3.connect(server.database, timeout=60) as store:
        runs = store.execute("SELECT count(*) FROM runs").fetchone()[0]
        points = store.execute("SELECT sum(count) FROM metric_chunks").fetchone()[0]
    store.close()
    bytes_used = sum(os.path.getsize(server.database + end) for end in ("", "-wal") if os.path.exists(server.database + end))
    note("store", {"runs": runs, "points": points, "mb": bytes_used / 1e6, "start_s": server.start_s, "pss_mb": server.used()["pss_mb"]})

    for name, asked in SEARCHES.items():
        body = {"experiment_ids": [experiment], "max_results": 100, **asked}
        found = len(connection.call("POST", "/runs/search", body).get("runs", []))
        note(f"search: {name}", {"found": found} | asking(server, request("POST", f"{PATH}/runs/search", body), seconds))

    run = f"{size // 1_000 - 1:032x}"
    for most in (320, 2_500):
        path = f"{PATH}/metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results={most}"
        picked = json.loads(Connection(server.port).send(request("GET", path))[1])["metrics"]
        if len(picked) != most or picked[0]["step"] != 0 or picked[-1]["step"] != POINTS - 1:
            raise RuntimeError(f"{len(picked)} points, from {picked[0]} to {picked[-1]}")
        note(f"history of a million points, {most:,} of them", asking(server, request("GET", path), seconds))
    path = f"{PATH}/metrics/get-history?run_id={run}&metric_key=loss&max_results=25000"
    note("history of a million points, a page of 25,000", asking(server, request("GET", path), seconds))

    for name, clients, most, make in writes(server, beside):
        latencies, took, _ = load.drive(server.port, make, most, clients, seconds)
        note(name, {"per_s": len(latencies) / took, "p50_ms": middle(latencies)})
    note("memory afterwards", {"pss_mb": server.used()["pss_mb"]})


def writes(server, experiment):
    runs = [new_run(server.port, experiment, f"w{k}") for k in range(64)]

    def create(i):
        return request("POST", f"{PATH}/runs/create", {"experiment_id": experiment, "run_name": f"c{i}", "start_time": content.FIRST})

    def metric(i):
        point = {"run_id": runs[i % 64], "key": "m", "value": i / 2, "timestamp": content.FIRST + i, "step": i}
        return request("POST", f"{PATH}/runs/log-metric", point)

    return [("create-run, 64 clients", 64, 100_000, create), ("log-metric, 64 clients", 64, 1_000_000, metric)]


def asking(server, raw, seconds):
    latencies, _, _ = load.drive(server.port, lambda _: raw, 200, 1, seconds)
    return {"p50_ms": middle(latencies), "first_ms": 1e3 * latencies[0], "most_ms": 1e3 * max(latencies)}


def middle(latencies):
    return 1e3 * sorted(latencies)[len(latencies) // 2]
