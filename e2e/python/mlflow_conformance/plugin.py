"""The pytest plugin: `-p mlflow_conformance.plugin`, from the suite's checkout.

    BB_LAYERS  what to redirect, with commas: server (the default), tracking, store
    BB_REPORT  where the outcome of each test is written, as JSON
and what servers.py reads.
"""

import json
import os
import sys

import pytest

# The checkout, so that `tests.*` can be imported.
sys.path.insert(0, os.getcwd())
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# The client would ask again for minutes after a 500.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

from mlflow_conformance import redirects, servers  # noqa: E402

LAYERS = set(os.environ.get("BB_LAYERS", "server").split(","))
OUTCOMES = {}

if "server" in LAYERS:
    redirects.redirect_server()
if "tracking" in LAYERS:
    redirects.redirect_tracking()


def pytest_configure(config):
    if not servers.named():
        raise pytest.UsageError("which server? set BB_CMD, BB_URL or BB_REAL=1")


def pytest_collection_finish(session):
    if "server" in LAYERS:
        redirects.redirect_artifact_server()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request):
    if "store" in LAYERS and fixturedef.argname == "store":
        return redirects.rest_store(fixturedef, request)
    return None


def pytest_runtest_logreport(report):
    if report.when != "call" and report.outcome == "passed":
        return
    # What fails beside the test itself is an error, and stays one.
    outcome = report.outcome if report.when == "call" or report.outcome == "skipped" else "error"
    if hasattr(report, "wasxfail"):
        outcome = "xfailed" if report.skipped else "xpassed"
    if OUTCOMES.get(report.nodeid) != "error":
        OUTCOMES[report.nodeid] = outcome


def pytest_sessionfinish(session):
    if path := os.environ.get("BB_REPORT"):
        with open(path, "w") as report:
            json.dump(OUTCOMES, report, indent=0, sort_keys=True)


def pytest_terminal_summary(terminalreporter):
    if times := sorted(servers.START_TIMES):
        line = f"{len(times)} servers started, in {times[len(times) // 2]:.3f} s (median), {times[-1]:.3f} s at most"
        terminalreporter.write_line(line)
