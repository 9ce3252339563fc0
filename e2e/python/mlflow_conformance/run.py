"""MLflow's own tests against Strata, and how many pass beside those that pass on MLflow's own server.

usage: run.py --suite CHECKOUT [--layer server|tracking|store]... [--server strata|real|null] [FILE...]

`cargo xtask conformance` calls it, with the built binary in STRATA_BIN. What must pass is what passes on MLflow's server
through the same redirects (baseline/real_LAYER.json) and fails on a server that does nothing (baseline/null_LAYER.json).
Exits with 1 if any of it does not.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
STRATA = f"{os.environ.get('STRATA_BIN', 'strata')} registry serve --port {{port}} --data-dir {{data_dir}} --artifact-root {{artifact_root}}"
SERVERS = {
    "strata": {"BB_CMD": STRATA},
    "null": {"BB_CMD": f"{sys.executable} -m mlflow_conformance.null {{port}}"},
    "real": {"BB_REAL": "1"},
}
FILES = {
    "server": [
        "tests/tracking/test_rest_tracking.py",
        "tests/tracking/test_model_registry.py",
        "tests/tracking/test_mlflow_artifacts.py",
        "tests/tracking/test_client_webhooks.py",
        "tests/store/model_registry/test_rest_store_webhooks.py",
        "tests/tracing/test_otel_logging.py",
        "tests/tracing/test_otel_loading.py",
    ],
    "tracking": ["tests/tracking/test_tracking.py", "tests/tracking/fluent/test_fluent.py"],
    "store": [
        "tests/store/tracking/sqlalchemy_store/test_sqlalchemy_store.py",
        "tests/store/model_registry/test_sqlalchemy_store.py",
    ],
}
PASSED = ("passed", "xpassed")


def run(asked, layer, files):
    """Runs the files and gives the outcome of each test."""
    with tempfile.TemporaryDirectory(prefix="conformance-report-") as folder:
        report = Path(folder, "report.json")
        environment = os.environ | SERVERS[asked.server] | {"BB_LAYERS": layer, "BB_REPORT": str(report)}
        # The tests name webhooks at example.com, which a closed network cannot look up: no server is to ask for its address.
        environment["MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"] = "true"
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
        # The tests start programs of this environment by their names.
        environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        command = [sys.executable, "-m", "pytest", "-p", "mlflow_conformance.plugin", *files, "-q", "-p", "no:cacheprovider"]
        command += ["--color=no", f"--timeout={asked.timeout}", f"--tb={asked.tb}"]
        if asked.k:
            command += ["-k", asked.k]
        status = subprocess.run(command, cwd=asked.suite, env=environment).returncode
        # 0: all passed; 1: some failed; 5: no test was chosen. Else pytest itself could not go on.
        if status not in (0, 1, 5) or not report.exists():
            sys.exit(f"pytest ended with {status} in {asked.suite}: is it a checkout of MLflow's repository, and pytest installed?")
        return json.loads(report.read_text())


def baseline(server, layer):
    """What is kept of this server, for the files that it was run on."""
    path = HERE / f"baseline/{server}_{layer}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def of(file, outcomes):
    return {test: outcome for test, outcome in outcomes.items() if test.split("::")[0] == file}


def compare(layer, files, outcomes, chosen):
    """Prints what passed beside the baseline and gives how many tests that must pass do not."""
    real, null = baseline("real", layer), baseline("null", layer)
    lines, misses = [], 0
    for file in files:
        ours, theirs = of(file, outcomes), of(file, real)
        counts = Counter(ours.values())
        required = {test for test, outcome in theirs.items() if outcome in PASSED and null.get(test) not in PASSED}
        if chosen:
            required &= ours.keys()
        missing = sorted(test for test in required if ours.get(test) not in PASSED)
        extra = sum(outcome in PASSED and theirs.get(test) not in PASSED for test, outcome in ours.items())
        for test in missing:
            print(f"MISSING {ours.get(test, 'not run'):8} {test}")
        misses += len(missing)
        passed, failed = sum(counts[outcome] for outcome in PASSED), counts["failed"] + counts["error"]
        known = (len(required), len(required) - len(missing), extra) if theirs else ("no baseline", "-", "-")
        lines.append(f"| {file} | {passed} | {failed} | {counts['skipped']} | {' | '.join(map(str, known))} |")
    print(f"\n{layer}\n| file | passed | failed | skipped | required | of them passed | beyond MLflow's server |\n|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    return misses


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, required=True, help="a checkout of MLflow's repository, at the baseline's version")
    parser.add_argument("--layer", action="append", choices=list(FILES), help="which layer, more than once for more; else all")
    parser.add_argument("--server", choices=list(SERVERS), default="strata")
    parser.add_argument("--keep", action="store_true", help="write what --server real or null did as the baseline")
    parser.add_argument("--timeout", type=int, default=60, help="seconds for a test")
    parser.add_argument("--tb", default="short", help="how much of a failure is shown, as pytest's --tb")
    parser.add_argument("-k", help="only the tests that this names, as pytest's -k")
    parser.add_argument("files", nargs="*", metavar="FILE", help="only these of the layer's files")
    asked = parser.parse_args()
    if not (asked.suite / "tests/tracking").is_dir():
        parser.error(f"{asked.suite} is no checkout of MLflow's repository: it has no tests/tracking")
    if asked.keep and (asked.server == "strata" or asked.k or asked.files):
        parser.error("a baseline is of whole layers, of MLflow's server or of the one that does nothing")

    misses = 0
    for layer in asked.layer or FILES:
        files = [file for file in FILES[layer] if not asked.files or file in asked.files]
        if not files:
            continue
        outcomes = run(asked, layer, files)
        if asked.keep:
            (HERE / f"baseline/{asked.server}_{layer}.json").write_text(json.dumps(outcomes, indent=0, sort_keys=True) + "\n")
        misses += compare(layer, files, outcomes, bool(asked.k))
    sys.exit(bool(misses))


if __name__ == "__main__":
    main()
