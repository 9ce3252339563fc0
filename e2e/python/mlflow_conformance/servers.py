"""One fresh, empty server for one test: Strata's, any other by its command or URL, or MLflow's own as the reference.

The environment says which:
    BB_CMD            a command that serves in the foreground; {port}, {host}, {url}, {data_dir}, {artifact_root},
                      {artifacts_destination} and {backend_uri} are filled in
    BB_URL            a server that is up; BB_RESET is a shell command that empties it before each test
    BB_REAL=1         MLflow's own server
    BB_START_TIMEOUT  how long the first `GET /health` may take, in seconds (60)
"""

import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

from mlflow_conformance import real

HOST = "127.0.0.1"
# Seconds from the start of each server to its first healthy answer.
START_TIMES = []
# What would send a server that is asked to be its own store to another one.
NOT_FOR_SERVERS = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")


def named():
    """Whether the environment names a server."""
    return any(os.environ.get(name) for name in ("BB_CMD", "BB_URL", "BB_REAL"))


@contextlib.contextmanager
def server(backend_uri=None, artifact_root=None, artifacts_destination=None, port=None, extra_env=None):
    """Gives the URL of an empty server and ends it afterwards. What is not said lies in a folder of its own."""
    if url := os.environ.get("BB_URL"):
        if reset := os.environ.get("BB_RESET"):
            subprocess.run(reset.format(url=url), shell=True, check=True)
        yield url.rstrip("/")
        return
    folder = tempfile.mkdtemp(prefix="conformance-")
    port = port or free_port()
    words = {
        "host": HOST,
        "port": port,
        "url": f"http://{HOST}:{port}",
        "data_dir": folder,
        "artifact_root": artifact_root or pathlib.Path(folder, "artifacts").as_uri(),
        "artifacts_destination": artifacts_destination or os.path.join(folder, "mlartifacts"),
        "backend_uri": backend_uri or f"sqlite:///{folder}/mlflow.db",
    }
    environment = {name: value for name, value in os.environ.items() if name not in NOT_FOR_SERVERS} | (extra_env or {})
    began = time.monotonic()
    process = real.start(words, environment) if os.environ.get("BB_REAL") else Started(words, environment)
    try:
        wait_until_healthy(words["url"], process)
        START_TIMES.append(time.monotonic() - began)
        yield words["url"]
    finally:
        process.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Started:
    """A server started by its command."""

    def __init__(self, words, environment):
        command = [word.format(**words) for word in shlex.split(os.environ["BB_CMD"])]
        self.log = os.path.join(words["data_dir"], "server.log")
        with open(self.log, "wb") as log:
            # A group of its own, so that what it started ends with it.
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)

    def lives(self):
        return self.process.poll() is None

    def said(self):
        with open(self.log, errors="replace") as log:
            return log.read()[-4_000:]

    def stop(self):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
                return


def wait_until_healthy(url, process):
    end = time.monotonic() + float(os.environ.get("BB_START_TIMEOUT", "60"))
    while time.monotonic() < end:
        if not process.lives():
            raise RuntimeError(f"the server ended while it started:\n{process.said()}")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"no healthy answer from {url}:\n{process.said()}")


def free_port():
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]
