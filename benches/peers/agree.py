"""Whether two systems gave the same, row by row. Says what differs, and exits with 1.

usage: agree.py silver OUT OUT        silver, rejects and malformed lines; doubles to six decimals
       agree.py features OUT OUT      same keys, same nulls, values to 1e-6 (relative above 1, absolute below)
       agree.py vectors OUT OUT       likewise; of a lake, its table of features
"""

import sys
from pathlib import Path

import duckdb
import polars as pl
from deltalake import DeltaTable

VITALS = ["heart_rate", "blood_pressure_systolic", "blood_pressure_diastolic", "respiratory_rate", "spo2", "temperature"]
DERIVED = ["pulse_pressure", "mean_arterial_pressure", "shock_index", "quality_score"]
ROW = ["event_id", "patient_id", "epoch_ms(timestamp)", "epoch_ms(ingested_at)", "source",
       *(f"round({name} * 1e6)::BIGINT" for name in VITALS)]


def differences(of, ours, theirs, columns):
    """Rows that one has and the other has not, counted both ways; duplicates count."""
    columns = ", ".join(columns)
    count = "SELECT count(*) FROM (SELECT {0} FROM {1} EXCEPT ALL SELECT {0} FROM {2})"
    for one, other, name in ((ours, theirs, "the first"), (theirs, ours, "the second")):
        (rows,) = duckdb.execute(count.format(columns, one, other)).fetchone()
        if rows:
            yield f"{of}: {rows} rows of {name} are not in the other"


def silver(ours, theirs):
    duckdb.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    files = "read_parquet('{}/silver/*/*.parquet', hive_partitioning = true)"
    derived = [f"round({name} * 1e6)::BIGINT" for name in DERIVED]
    yield from differences("silver", files.format(ours), files.format(theirs), [*ROW, *derived, "date::DATE"])
    files = "read_parquet('{}/rejects/**/*.parquet')"
    yield from differences("rejects", files.format(ours), files.format(theirs), [*ROW, "reason"])
    files = "read_parquet('{}/malformed/**/*.parquet')"
    yield from differences("malformed", files.format(ours), files.format(theirs), ["line"])
    for out in (ours, theirs):
        rows = f"read_parquet('{out}/silver/*/*.parquet', hive_partitioning = true)"
        (misplaced,) = duckdb.execute(f"SELECT count(*) FROM {rows} WHERE timestamp::DATE <> date::DATE").fetchone()
        if misplaced:
            yield f"{out}: {misplaced} rows are in the folder of another date"
        for path in sorted(Path(out).glob("silver/*/*.parquet")):
            keys = pl.read_parquet(path, columns=["patient_id", "timestamp"]).select(pl.struct(pl.all()))
            if not keys.to_series().is_sorted():
                yield f"{path} is not sorted by patient and time"


def features(ours, theirs, key=("patient_id", "boundary")):
    def load(out):
        lake = Path(out, "tables/features")
        files = DeltaTable(lake).file_uris() if lake.exists() else f"{out}/**/*.parquet"
        rows = pl.read_parquet(files, hive_partitioning=False)
        time = pl.col(key[-1]).cast(pl.Datetime("us")).dt.replace_time_zone(None)
        return rows.with_columns(time).sort(key)

    ours, theirs = load(ours), load(theirs)
    if set(ours.columns) != set(theirs.columns):
        yield f"other columns: {sorted(set(ours.columns) ^ set(theirs.columns))[:8]}"
        return
    if not ours.select(key).equals(theirs.select(key)):
        yield f"other patients and times: {ours.height} and {theirs.height} rows"
        return
    for name in sorted(set(ours.columns) - set(key)):
        one, other = (frame[name].cast(pl.Float64).fill_nan(None) for frame in (ours, theirs))
        nulls = (one.is_null() != other.is_null()).sum()
        worst = ((one - other).abs() / pl.select(pl.max_horizontal(one.abs(), pl.lit(1.0))).to_series()).max() or 0.0
        if nulls or worst >= 1e-6:
            yield f"{name}: {nulls} nulls differ, values by up to {worst:.2g}"


def vectors(ours, theirs):
    return features(ours, theirs, key=("patient_id", "time"))


if __name__ == "__main__":
    job = {"silver": silver, "features": features, "vectors": vectors}[sys.argv[1]]
    found = list(job(*sys.argv[2:4]))
    print("\n".join(found) or "the same")
    sys.exit(bool(found))
