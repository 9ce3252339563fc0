"""The servers side by side: how each is started, ended, and measured with all processes that it started."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wire import Connection, request

STRATA = os.environ.get("STRATA_BIN", "strata")
MLFLOW = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", "PORT",
          "--backend-store-uri", "sqlite:///FOLDER/mlflow.db", "--artifacts-destination", "FOLDER/artifacts"]
SYSTEMS = {
    "strata": ([STRATA, "registry", "serve", "--port", "PORT", "--data-dir", "FOLDER/data", "--artifact-root", "FOLDER/artifacts"], {}),
    "mlflow": (MLFLOW, {}),
    # One worker is the form in which each answer is not held back by 40 ms; without the jobs it is also small.
    "mlflow-lean": ([*MLFLOW, "--workers", "1"], {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}),
}
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A server on an empty store, or on that of a folder; healthy when this returns."""

    def __init__(self, system, folder=None):
        self.is_python = system != "strata"
        self.folder = folder or tempfile.mkdtemp(prefix="bench-registry-")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        words, environment = SYSTEMS[system]
        words = [word.replace("PORT", str(self.port)).replace("FOLDER", self.folder) for word in words]
        environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"} | environment
        self.log = Path(self.folder, "log")
        began = time.perf_counter()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(words, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True)
        while not self.is_healthy():
            if self.process.poll() is not None or time.perf_counter() - began > 300:
                said = self.log.read_text(errors="replace")[-2_000:]
                self.stop()
                sys.exit(f"`{' '.join(words)}` did not become healthy:\n{said}")
            time.sleep(0.002)
        self.start_s = time.perf_counter() - began
        self.start_cpu_s = self.used()["cpu_s"]

    @property
    def database(self):
        return os.path.join(self.folder, "mlflow.db" if self.is_python else "data/registry/registry.db")

    def is_healthy(self):
        try:
            return Connection(self.port).send(request("GET", "/health"))[0] == 200
        except OSError:
            return False

    def used(self):
        """Processes, memory and CPU seconds of the whole tree. Shared pages count once (PSS)."""
        pss = cpu = processes = 0
        for pid in tree(self.process.pid):
            with contextlib.suppress(OSError, IndexError):
                with open(f"/proc/{pid}/smaps_rollup") as rollup:
                    pss += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
                ticks = stat(pid)
                cpu += int(ticks[11]) + int(ticks[12])
                processes += 1
        return {"processes": processes, "pss_mb": pss / 1_024, "cpu_s": cpu / TICKS}

    def stop(self, keep=False):
        every = tree(self.process.pid)
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for pid in every:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def stat(pid):
    """The fields of /proc/PID/stat after the name, which may hold anything."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()


def tree(pid):
    """The process and all below it."""
    below = {}
    for each in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, IndexError):
            below.setdefault(int(stat(each)[1]), []).append(int(each))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += below.get(found[-1], [])
    return found


def busy():
    """Core seconds that the machine has been busy."""
    with open("/proc/stat") as file:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS
