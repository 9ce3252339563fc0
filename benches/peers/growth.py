"""Ten times the data, in ten times the time? `cargo xtask peers growth` calls it.

usage: growth.py [files|lake] [--runs 3] [--folder FOLDER] [--patients 1000] [--days 7]

files  the peers' two jobs by Strata, on 6,000,000 and on 60,000,000 events (20 GB: what the page cache does not hold is read)
lake   a week of the synthetic hospital in a lake, `refine` and `features`, of some patients and of ten times as many

Each is a whole process, as in `run.py`. The ratios are those of medians; of times they are by what was read, which is not
ten times to the last record.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from run import HERE, PYTHON, STRATA, commands, once, warm

NAMES = ("wall", "cpu", "memory", "others")


def several(command, out, lake, runs):
    """The medians of some runs."""
    of = []
    for _ in range(runs):
        of.append(once(command, out, lake))
        print(f"{' '.join(command[1:3])}: {of[-1]['wall']:.2f} s, {of[-1]['cpu']:.1f} CPU s, {of[-1]['memory']:,.0f} MB",
              file=sys.stderr)
    return {name: statistics.median(run[name] for run in of) for name in NAMES} | {"said": of[-1]["said"]}


def line(job, little, much, read):
    """A row of the table; `read` is how many records each read."""
    times = read[1] / read[0]
    wall, cpu, memory = (much[name] / little[name] for name in ("wall", "cpu", "memory"))
    print(f"| {job} | {read[0]:,} | {little['wall']:.2f} | {little['cpu']:.1f} | {little['memory']:,.0f} | {times:.2f} | "
          f"{wall:.2f} ({wall / times:.2f}) | {cpu:.2f} ({cpu / times:.2f}) | {memory:.2f} | "
          f"{max(little['others'], much['others']):.2f} |", flush=True)


def files(asked):
    """Silver of plain files, and windows of that silver."""
    told, read = {"silver": [], "features": []}, []
    for size in ("M", "L"):
        folder = (asked.folder / size).absolute()
        if not (folder / "truth.json").exists():
            subprocess.run([PYTHON, HERE / "generate.py", folder, size], check=True, stdout=subprocess.DEVNULL)
        truth = json.loads((folder / "truth.json").read_text())
        read.append(truth["lines"])
        for job in told:
            if job == "features" and not (folder / "silver").exists():
                (folder / "results/growth/silver").rename(folder / "silver")
            warm(folder / ("raw" if job == "silver" else "silver"))
            command = commands(job, folder, truth["start"])["strata"]
            told[job].append(several(command, folder / "results/growth", None, asked.runs))
    for job, (little, much) in told.items():
        line(job, little, much, read)


def lake(asked):
    """Silver and features of a lake."""
    told, read = {"refine": [], "features": []}, []
    for patients in (asked.patients, 10 * asked.patients):
        made = (asked.folder / f"hospital-{patients}-{asked.days}").absolute()
        if not made.exists():
            words = ["generate", "--patients", patients, "--days", asked.days, "--data-dir", made.with_suffix(".partial")]
            subprocess.run([STRATA, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
            made.with_suffix(".partial").rename(made)
        warm(made)
        work = asked.folder.absolute() / "results/hospital"
        told["refine"].append(several([STRATA, "refine", "--data-dir", "OUT", "--json"], work, made, asked.runs))
        read.append(sum(table["records"] for table in json.loads(told["refine"][-1]["said"])["quality"]["tables"]))
        refined = work.with_name("refined")
        shutil.rmtree(refined, ignore_errors=True)
        work.rename(refined)
        warm(refined / "tables")
        told["features"].append(several([STRATA, "features", "--data-dir", "OUT"], work, refined, asked.runs))
    for job, (little, much) in told.items():
        line(job, little, much, read)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("of", nargs="?", choices=["files", "lake"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("STRATA_CACHE", Path.home() / ".cache/strata")) / "peers")
    parser.add_argument("--patients", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=7)
    asked = parser.parse_args()
    print("| job | records | s | CPU s | peak MB | more records, x | s, x (by record) | CPU s, x (by record) | peak MB, x | other load, cores |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for job in (files, lake):
        if asked.of in (None, job.__name__):
            job(asked)


if __name__ == "__main__":
    main()
