"""MLflow's own server, as the reference: forked from a process that has imported it, because importing takes seconds."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

EMPTY_DATABASE = "import sys; from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore; SqlAlchemyStore(*sys.argv[1:])"

_parent = None
_template = None


class Forked:
    """A server forked from the warm parent."""

    def __init__(self, pid):
        self.pid = pid

    def lives(self):
        return os.path.exists(f"/proc/{self.pid}")

    def said(self):
        return "(what it said is on the standard error of the tests)"

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def start(words, environment):
    """Forks one that serves what these words name."""
    global _parent
    if _parent is None:
        command = [sys.executable, "-m", "mlflow_conformance.real"]
        _parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    database = words["backend_uri"].removeprefix("sqlite:///")
    if not os.path.exists(database):
        shutil.copy(_empty_database(words), database)
    environment = environment | {
        "_MLFLOW_SERVER_FILE_STORE": words["backend_uri"],
        "_MLFLOW_SERVER_ARTIFACT_ROOT": words["artifact_root"],
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": words["artifacts_destination"],
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
    }
    asked = {"host": words["host"], "port": words["port"], "env": environment, "cwd": os.getcwd()}
    _parent.stdin.write(json.dumps(asked) + "\n")
    _parent.stdin.flush()
    return Forked(int(_parent.stdout.readline()))


def _empty_database(words):
    """Its migrations take seconds: made once, then copied."""
    global _template
    if _template is None:
        _template = os.path.join(tempfile.mkdtemp(prefix="conformance-template-"), "mlflow.db")
        arguments = [f"sqlite:///{_template}", words["artifact_root"]]
        subprocess.run([sys.executable, "-c", EMPTY_DATABASE, *arguments], check=True)
    return _template


def parent():
    """Reads what to serve, a line of JSON each, and answers with the process id of the fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # As `mlflow server` does by default; the app reads it while it is imported.
    os.environ["_MLFLOW_SERVER_SERVE_ARTIFACTS"] = "true"
    import uvicorn
    from mlflow.server.fastapi_app import app

    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.environ.clear()
            os.environ.update(asked["env"])
            os.chdir(asked["cwd"])
            os.close(0)
            uvicorn.run(app, host=asked["host"], port=asked["port"], log_level="error", ws="none")
            os._exit(0)
        answers.write(f"{pid}\n")
        answers.flush()


if __name__ == "__main__":
    parent()
