"""The runs that are searched: the same for every server, each with 5 metrics, 6 parameters and 4 tags."""

import sqlite3
import threading
import uuid

from wire import Connection

# Made up, and of the past, so that no server's clock orders them.
FIRST = 1_700_000_000_000


def metrics(i):
    return {f"m{j}": (i * 7919 + j) % 1000 / 1000 for j in range(5)}


def params(i):
    return {f"p{j}": str(i % (j + 2)) for j in range(5)} | {"seed": str(i)}


def tags(i):
    return {f"t{j}": f"v{i % 10}" for j in range(3)}


def by_requests(port, experiment, numbers, clients=4):
    """Makes the runs as a client would."""

    def work(numbers):
        connection = Connection(port)
        for i in numbers:
            made = {"experiment_id": experiment, "run_name": f"s{i}", "start_time": FIRST + i}
            run = connection.call("POST", "/runs/create", made)["run"]["info"]["run_id"]
            connection.call("POST", "/runs/log-batch", {
                "run_id": run,
                "metrics": [{"key": key, "value": value, "timestamp": 1, "step": 0} for key, value in metrics(i).items()],
                "params": [{"key": key, "value": value} for key, value in params(i).items()],
                "tags": [{"key": key, "value": value} for key, value in tags(i).items()],
            })

    threads = [threading.Thread(target=work, args=(numbers[k::clients],)) for k in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def by_rows(database, experiment, numbers):
    """Writes the same rows into the SQLite file of Python's server, which takes 20 minutes to be asked for 10,000 runs."""
    runs, values, parameters, labels = [], [], [], []
    for i in numbers:
        run = uuid.uuid4().hex
        place = f"mlflow-artifacts:/{experiment}/{run}/artifacts"
        runs.append((run, f"s{i}", "UNKNOWN", "", "", "", "RUNNING", FIRST + i, None, "", "active", place, experiment))
        values += [(key, value, 1, 0, 0, run) for key, value in metrics(i).items()]
        parameters += [(key, value, run) for key, value in params(i).items()]
        labels += [(key, value, run) for key, value in (tags(i) | {"mlflow.runName": f"s{i}"}).items()]
    columns = "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, " \
              "source_version, lifecycle_stage, artifact_uri, experiment_id"
    with sqlite3.connect(database, timeout=60) as store:
        store.executemany(f"INSERT INTO runs ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", runs)
        for table in ("metrics", "latest_metrics"):
            store.executemany(f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid) VALUES (?,?,?,?,?,?)", values)
        store.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?,?,?)", parameters)
        store.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?,?,?)", labels)
    store.close()
