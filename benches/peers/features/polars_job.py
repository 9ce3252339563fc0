"""Windows over silver in Polars, by its streaming engine. usage: polars_job.py SILVER OUT START"""

import sys
from datetime import datetime
from pathlib import Path

import polars as pl
from polars import col

from windows import HOURS, SIGNALS, SUMS

silver, out, start = sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3].rstrip("Z"))
out.mkdir(parents=True)
rows = (
    pl.scan_parquet(f"{silver}/*/*.parquet")
    .select("patient_id", "timestamp", *SIGNALS)
    .with_columns(col("timestamp").cast(pl.Datetime("us")).dt.replace_time_zone(None))
    .with_columns(x=(col("timestamp") - start).dt.total_microseconds() / 3.6e9)
    .with_columns(hour=col("x").floor().cast(pl.Int32))
)
hours = pl.LazyFrame({"hour": range(24)}, schema={"hour": pl.Int32})
grid = rows.select("patient_id").unique().join(hours, how="cross")

hourly, rolled, wanted = [], [], []
for s in SIGNALS:
    y, x = col(s), pl.when(col(s).is_not_null()).then("x")
    of_hour = {"n": y.count().cast(pl.Int64), "y": y.sum(), "yy": (y * y).sum(), "x": x.sum(), "xx": (x * x).sum(),
               "xy": (x * y).sum(), "low": y.min(), "high": y.max(), "last": y.max_by(x)}
    hourly += [expression.alias(f"{s}_{part}") for part, expression in of_hour.items()]
    for h in HOURS:
        frame = {"window_size": h, "min_samples": 1}
        rolled += [col(f"{s}_{part}").rolling_sum(**frame).over("patient_id").alias(f"{s}_{part}_{h}") for part in SUMS]
        rolled.append(col(f"{s}_low").rolling_min(**frame).over("patient_id").alias(f"{s}_low_{h}"))
        rolled.append(col(f"{s}_high").rolling_max(**frame).over("patient_id").alias(f"{s}_high_{h}"))
        last = col(f"{s}_last").forward_fill(h - 1).over("patient_id") if h > 1 else col(f"{s}_last")
        rolled.append(last.alias(f"{s}_last_{h}"))
        n, y, yy, x, xx, xy = (col(f"{s}_{part}_{h}") for part in SUMS)
        spread = n * xx - x * x
        of_window = {
            "mean": pl.when(n > 0).then(y / n), "min": col(f"{s}_low_{h}"), "max": col(f"{s}_high_{h}"),
            "std": pl.when(n > 1).then(((yy - y * y / n).clip(0) / (n - 1)).sqrt()), "last": col(f"{s}_last_{h}"),
            "count": n, "slope": pl.when((n > 1) & (spread != 0)).then((n * xy - x * y) / spread),
        }
        wanted += [expression.alias(f"{s}_{name}_{h}h") for name, expression in of_window.items()]

windows = (
    grid.join(rows.group_by("patient_id", "hour").agg(hourly), on=["patient_id", "hour"], how="left")
    .with_columns(col("^.*_n$").fill_null(0))
    .sort("patient_id", "hour")
    .with_columns(rolled)
    .select("patient_id", (pl.lit(start) + pl.duration(hours=col("hour") + 1)).alias("boundary"), *wanted)
)
windows.sink_parquet(f"{out}/part.parquet", engine="streaming")
