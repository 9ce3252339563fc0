"""The same work by Strata, DuckDB, Polars and PySpark, in turn on the same files; `cargo xtask peers` calls it.

usage: run.py [silver|features|vectors] [--size S|M|L|LINES] [--runs 3] [--only strata,duckdb] [--folder FOLDER]

A run is a whole process, the start of its interpreter or virtual machine included, with the input in the page cache and
an empty output folder. What each gave is compared with what the first gave, row by row, before a figure is printed.
"""

# Imports nothing large: a child's peak memory begins at that of the process that starts it.
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = sys.executable
SPARK = [str(Path(PYTHON).with_name("spark-submit")), "--master", "local[2]", "--driver-memory", "8g", "--driver-java-options",
         "-XX:+UseParallelGC", "--conf", "spark.log.level=ERROR", "--conf", "spark.ui.showConsoleProgress=false"]
STRATA = os.environ.get("STRATA_BIN", "strata")


def commands(job, folder, start):
    """Each system's command; `OUT` is where its result goes."""
    if job == "silver":
        raw = str(folder / "raw")
        script = lambda name: str(HERE / "silver" / f"{name}_job.py")
        return {
            "strata": [STRATA, "refine", "--from", raw, "--to", "OUT", "--on-invalid", "row", "--json"],
            "duckdb": [PYTHON, script("duckdb"), raw, "OUT"],
            "polars": [PYTHON, script("polars"), raw, "OUT"],
            "pyspark": [*SPARK, "--py-files", str(HERE / "silver/rules.py"), script("spark"), raw, "OUT"],
        }
    if job == "vectors":
        script = str(HERE / "vectors/polars_job.py")
        return {"strata": [STRATA, "features", "--data-dir", "OUT"], "polars": [PYTHON, script, str(folder / "tables"), "OUT"]}
    silver = str(folder / "silver")
    script = lambda name: str(HERE / "features" / f"{name}_job.py")
    return {
        "strata": [STRATA, "features", "windows", "--from", silver, "--to", "OUT", "--start", start, "--json"],
        "duckdb": [PYTHON, script("duckdb"), silver, "OUT", start],
        "polars": [PYTHON, script("polars"), silver, "OUT", start],
        "pyspark": [*SPARK, "--py-files", str(HERE / "features/windows.py"), script("spark"), silver, "OUT", start],
    }


def warm(folder):
    """Reads the input once."""
    for path in folder.rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                while file.read(1 << 24):
                    pass


def busy():
    """Core seconds that the machine has been busy."""
    with open("/proc/stat") as file:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def once(command, out, lake=None):
    """Runs it, and measures the process with its children. What works inside of a lake gets a copy of it."""
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    if lake and "--data-dir" in command:
        # Events and rows are written once and never changed: the copy has the same files.
        once_written = lambda path: path.endswith(".parquet") or path.startswith(str(lake / "raw"))
        same = lambda one, other: os.link(one, other) if once_written(one) else shutil.copy2(one, other)
        shutil.copytree(lake, out, copy_function=same)
    said = out.with_suffix(".stdout")
    before, began = busy(), time.monotonic()
    with open(said, "w") as stdout, open(out.with_suffix(".stderr"), "w") as stderr:
        redirect = [(os.POSIX_SPAWN_DUP2, stdout.fileno(), 1), (os.POSIX_SPAWN_DUP2, stderr.fileno(), 2)]
        words = [str(out) if word == "OUT" else word for word in command]
        environment = os.environ | {"PYSPARK_PYTHON": PYTHON}
        child = os.posix_spawnp(words[0], words, environment, file_actions=redirect)
        _, status, used = os.wait4(child, 0)
    wall, cpu = time.monotonic() - began, used.ru_utime + used.ru_stime
    if status:
        sys.exit(f"{' '.join(words)} failed:\n{out.with_suffix('.stderr').read_text()[-2_000:]}")
    others = max(0.0, busy() - before - cpu) / wall
    return {"wall": wall, "cpu": cpu, "memory": used.ru_maxrss / 1_024, "others": others, "said": said.read_text()}


def agree(job, results, systems, truth):
    """Every system gave what the first gave, and the counts are those of the generator."""
    first = systems[0]
    for system in systems[1:]:
        words = [PYTHON, str(HERE / "agree.py"), job, str(results / first), str(results / system)]
        answer = subprocess.run(words, capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f"{first} and {system} differ:\n{answer.stdout}{answer.stderr}")
        print(f"{first} and {system} gave the same rows", file=sys.stderr)
    for system in systems if job == "silver" else []:
        counts = json.loads((results / f"{system}.stdout").read_text().splitlines()[-1])
        wrong = {name: (counts.get(name), want) for name, want in truth["counts"].items() if counts.get(name) != want}
        if wrong:
            sys.exit(f"{system} counted otherwise than the generator: {wrong}")


def table(job, truth, runs):
    """Medians; the ratio is the system's to Strata's, or to the first one's."""
    median = {system: {name: statistics.median(run[name] for run in of) for name in ("wall", "cpu", "memory", "others")}
              for system, of in runs.items()}
    base = median[next(iter(runs))]
    print(f"{job}: {truth['lines']:,} lines, {truth['bytes'] / 1e9:.2f} GB, {len(next(iter(runs.values())))} runs, medians")
    print("| system | wall s (min to max) | x | CPU s | x | peak MB | x | other load, cores |\n|---|---|---|---|---|---|---|---|")
    for system, of in runs.items():
        m, walls = median[system], [run["wall"] for run in of]
        ratio = {name: m[name] / base[name] for name in ("wall", "cpu", "memory")}
        print(f"| {system} | {m['wall']:.2f} ({min(walls):.2f} to {max(walls):.2f}) | {ratio['wall']:.1f} | {m['cpu']:.1f} | "
              f"{ratio['cpu']:.1f} | {m['memory']:,.0f} | {ratio['memory']:.1f} | {m['others']:.2f} |")


def side_by_side(job, every, results, asked, truth, lake=None):
    """Every system in turn, as often as is asked; then what they gave, compared, and the table."""
    runs = {system: [] for system in asked.only.split(",") if system in every}
    for number in range(asked.runs):
        for system, of in runs.items():
            of.append(once(every[system], results / system, lake))
            took = of[-1]
            print(f"{job} {number + 1}/{asked.runs} {system}: {took['wall']:.2f} s, {took['cpu']:.1f} CPU s, "
                  f"{took['memory']:,.0f} MB", file=sys.stderr)
    agree(job, results, list(runs), truth)
    table(job, truth, runs)


def vectors(asked):
    """The features at every hour of a set's stays, over the silver that Strata makes of it."""
    lake = (asked.folder / "stays").absolute()
    if not (lake / "refined.json").exists():
        shutil.rmtree(lake, ignore_errors=True)
        for words in (["import", "physionet-2019", asked.stays], ["refine"]):
            said = subprocess.run([STRATA, *words, "--data-dir", lake, "--json"], check=True, capture_output=True).stdout
        (lake / "refined.json").write_bytes(said)
    warm(lake / "tables")
    files = list(lake.glob("tables/*/*/*.parquet"))
    rows = sum(table["rows"] for table in json.loads((lake / "refined.json").read_text())["quality"]["tables"])
    truth = {"lines": rows, "bytes": sum(file.stat().st_size for file in files)}
    results = asked.folder.absolute() / "results/vectors"
    side_by_side("vectors", commands("vectors", lake, None), results, asked, truth, lake)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", nargs="?", choices=["silver", "features", "vectors"])
    parser.add_argument("--size", default="M", help="lines: S is 600,000, M 6,000,000, L 60,000,000, or a number")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="strata,duckdb,polars,pyspark", help="which systems, with commas")
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("STRATA_CACHE", Path.home() / ".cache/strata")) / "peers")
    data = Path(os.environ.get("STRATA_DATA", HERE / "../../../shared/data"))
    parser.add_argument("--stays", type=Path, default=data / "physionet-2019-setA/training_setA.psv.tar.zst", help="for vectors")
    asked = parser.parse_args()
    if asked.job == "vectors" or not asked.job and asked.stays.exists():
        vectors(asked)
    if asked.job == "vectors":
        return
    folder = (asked.folder / asked.size).absolute()

    if not (folder / "truth.json").exists():
        print(f"generating {asked.size} in {folder}", file=sys.stderr)
        subprocess.run([PYTHON, HERE / "generate.py", folder, asked.size], check=True, stdout=subprocess.DEVNULL)
    truth = json.loads((folder / "truth.json").read_text())
    for job in [asked.job] if asked.job else ["silver", "features"]:
        if job == "features" and not (folder / "silver").exists():
            # Windows are computed over one system's silver, so that all read the same files.
            once(commands("silver", folder, truth["start"])["duckdb"], folder / "made")
            (folder / "made/silver").rename(folder / "silver")
        warm(folder / ("raw" if job == "silver" else "silver"))
        every = commands(job, folder, truth["start"])
        side_by_side(job, every, folder / "results" / job, asked, truth)


if __name__ == "__main__":
    main()
