"""Bronze to silver in Polars, by its streaming engine. usage: polars_job.py RAW OUT"""

import json
import sys
from pathlib import Path

import polars as pl
from polars import col

from rules import BOUNDS

raw, out = sys.argv[1], Path(sys.argv[2])
for part in ("silver", "rejects", "malformed"):
    (out / part).mkdir(parents=True)
text = dict.fromkeys(["event_id", "patient_id", "timestamp", "ingested_at", "source"], pl.String)
event = pl.Struct({**text, **dict.fromkeys(BOUNDS, pl.Float64), "temperature_unit": pl.String})
key = ["patient_id", "timestamp", "source"]

# Both of its JSON readers end at the first line that is none, so an expression decides which lines are a flat object.
string = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
number = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
pair = rf"[ \t]*{string}[ \t]*:[ \t]*(?:{string}|{number}|true|false|null)[ \t]*"
flat_object = rf"^[ \t]*\{{{pair}(?:,{pair})*\}}[ \t\r]*$"
every = pl.scan_lines(f"{raw}/**/*.json").with_columns(readable=col("line").str.contains(flat_object))

sbp, dbp = col("blood_pressure_systolic"), col("blood_pressure_diastolic")
celsius = pl.when(col("temperature_unit") == "[degF]").then((col("temperature") - 32.0) * 5.0 / 9.0).otherwise("temperature")
broken = [pl.when(~col(name).is_between(*bounds)).then(pl.lit(name)) for name, bounds in BOUNDS.items()]
broken.append(pl.when(sbp <= dbp).then(pl.lit("sbp_le_dbp")))
times = col("timestamp", "ingested_at").str.to_datetime(format="%Y-%m-%dT%H:%M:%S%.3fZ", time_unit="ms")
# One sort serves the choice of the latest and the order of the files.
latest = (
    every.filter("readable")
    .select(col("line").str.json_decode(event))
    .unnest("line")
    .with_columns(times, temperature=celsius)
    .drop("temperature_unit")
    .sort(*key, "ingested_at")
    .filter(pl.any_horizontal(col(name).ne_missing(col(name).shift(-1)) for name in key))
    .with_columns(reason=pl.concat_str(broken, separator=",", ignore_nulls=True))
)
silver = (
    latest.filter(col("reason") == "")
    .drop("reason")
    .with_columns(
        pulse_pressure=sbp - dbp,
        mean_arterial_pressure=dbp + (sbp - dbp) / 3.0,
        shock_index=col("heart_rate") / sbp,
        quality_score=pl.sum_horizontal(col(name).is_not_null() for name in BOUNDS) / 6.0,
        date=col("timestamp").dt.date(),
    )
)
*_, of_lines, of_rows = pl.collect_all(
    [
        silver.sink_parquet(pl.PartitionBy(f"{out}/silver", key="date"), lazy=True),
        latest.filter(col("reason") != "").sink_parquet(f"{out}/rejects/part.parquet", lazy=True),
        every.filter(~col("readable")).select("line").sink_parquet(f"{out}/malformed/part.parquet", lazy=True),
        every.select(read=pl.len(), malformed=(~col("readable")).sum()),
        latest.select(rejected=(col("reason") != "").sum(), written=(col("reason") == "").sum()),
    ],
    engine="streaming",
)
counts = of_lines.row(0, named=True) | of_rows.row(0, named=True)
counts["duplicates"] = counts["read"] - counts["malformed"] - counts["rejected"] - counts["written"]
print(json.dumps(counts))
