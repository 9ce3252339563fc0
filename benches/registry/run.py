"""The same requests to Strata's registry and to MLflow's own server, in turn; `cargo xtask peers registry` calls it.

usage: run.py [--only strata,mlflow,mlflow-lean] [--runs 1000,10000] [--seconds 10] [--starts 3] [--json FILE]
       run.py --grow 10000,100000,1000000 [--seconds 10] [--json FILE]

Each server starts on an empty store. What the searches found must be the same everywhere before a figure is printed.
"""

import argparse
import json
import resource
import statistics
import sys
import time
from pathlib import Path

import grow
import work
from systems import SYSTEMS, Server


def measure(system, asked):
    """Everything about one system: its figures by name, and what it answered."""
    figures, starts = {}, []

    def note(name, of):
        figures[name] = of
        print(f"{system}: {name}: {json.dumps({key: round(value, 3) for key, value in of.items()})}", file=sys.stderr, flush=True)

    for number in range(asked.starts):
        server = Server(system)
        starts.append((server.start_s, server.start_cpu_s))
        if number + 1 < asked.starts:
            server.stop()
    try:
        note("start", {"s": statistics.median(wall for wall, _ in starts), "cpu_s": statistics.median(cpu for _, cpu in starts)})
        # What starts behind the first answer counts too.
        time.sleep(asked.idle)
        note("idle", server.used())
        work.writes(server, asked.seconds, note)
        answers = work.history(server, asked.seconds, note)
        answers |= work.searches(server, asked.runs, asked.seconds, note)
        note("memory afterwards", server.used())
    finally:
        server.stop()
    return figures, answers


def table(results):
    """A line for each figure; a ratio says how many times better the first system is."""
    first, *others = results
    print(f"| | {first} | " + " | ".join(f"{other} | x" for other in others) + " |")
    print("|---|---|" + "---|---|" * len(others))
    for name, of in results[first].items():
        cells = [cell(name, of)]
        for other in others:
            if name not in results[other]:
                cells += ["", ""]
                continue
            theirs = results[other][name]
            cells += [cell(name, theirs), f"{ratio(of, theirs):.1f}"]
        print(f"| {name} | " + " | ".join(cells) + " |")


def cell(name, of):
    if name == "start":
        return f"{of['s']:.3f} s, {of['cpu_s']:.2f} CPU s"
    if "pss_mb" in of:
        return f"{of['pss_mb']:,.1f} MB, {of['processes']} process{'es' * (of['processes'] > 1)}"
    return f"{of['per_s']:,.1f}/s, p50 {of['p50_ms']:.2f} ms, {of['cpu_ms']:.2f} CPU ms"


def ratio(ours, theirs):
    if "per_s" in ours:
        return ours["per_s"] / theirs["per_s"]
    key = "s" if "s" in ours else "pss_mb"
    return theirs[key] / ours[key]


def growth(sizes, asked):
    """Each figure at each size, a line for each."""
    figures = {}

    def note(name, of):
        figures[name] = of
        print(f"{name}: {json.dumps({key: round(value, 3) for key, value in of.items()})}", flush=True)

    grow.grow(sizes, asked.seconds, note)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(SYSTEMS), help="which systems, with commas")
    parser.add_argument("--runs", default="1000,10000", help="how many runs are searched, growing, with commas")
    parser.add_argument("--grow", help="Strata alone, on a store of so many runs, growing, with commas; a thousandth of them "
                        "have a million points: of 1,000,000 runs the store takes 15 GB")
    parser.add_argument("--seconds", type=float, default=10, help="the most that one kind of request takes")
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--idle", type=float, default=20, help="seconds of rest before memory is read")
    parser.add_argument("--json", type=Path, help="where all figures are written")
    asked = parser.parse_args()
    # A crowd has as many connections.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if asked.grow:
        return growth([int(size) for size in asked.grow.split(",")], asked)
    asked.runs = [int(size) for size in asked.runs.split(",")]

    results, answers = {}, {}
    for system in asked.only.split(","):
        if system not in SYSTEMS:
            parser.error(f"no such system: {system}; there are {', '.join(SYSTEMS)}")
        results[system], answers[system] = measure(system, asked)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n")
    first, *others = answers
    for other in others:
        for name, found in answers[first].items():
            if answers[other][name] != found:
                sys.exit(f"{first} and {other} answered differently: {name}:\n{found[:5]}\n{answers[other][name][:5]}")
        print(f"{first} and {other} gave the same answers", file=sys.stderr)
    table(results)


if __name__ == "__main__":
    main()
