"""Windows of silver, each summed on its own by Polars: usage check_windows.py SILVER OUT EVERY HOURS left|right"""

import sys
from datetime import datetime

import polars as pl

silver, out, every, hours, closed = sys.argv[1:6]
SIGNALS = ["heart_rate", "spo2", "temperature", "shock_index"]
start = datetime(2026, 1, 1)

got = pl.read_parquet(f"{out}/*.parquet").with_columns(pl.col("boundary").dt.replace_time_zone(None))
rows = pl.read_parquet(f"{silver}/**/*.parquet", hive_partitioning=False)
rows = rows.with_columns(pl.col("timestamp").dt.cast_time_unit("us").dt.replace_time_zone(None))
rows = rows.with_columns(x=(pl.col("timestamp") - start).dt.total_microseconds() / 3.6e9).sort("patient_id", "timestamp")
grid = got.select("patient_id", "boundary").with_columns(end=(pl.col("boundary") - start).dt.total_microseconds() / 3.6e9)
assert grid.height == grid.unique().height

for window in hours.split(","):
    length = float(window)
    name = f"{length:g}"
    end, x = pl.col("end"), pl.col("x")
    inside = (x >= end - length) & (x < end) if closed == "left" else (x > end - length) & (x <= end)
    pairs = grid.join(rows.select("patient_id", "x", *SIGNALS), on="patient_id").filter(inside)
    for signal in SIGNALS:
        y = pl.col(signal)
        of = pairs.filter(y.is_not_null()).sort("patient_id", "boundary", "x").group_by("patient_id", "boundary").agg(
            mean=y.mean(), min=y.min(), max=y.max(), std=y.std(), last=y.last(), count=pl.len(),
            slope=pl.when(x.n_unique() > 1).then(pl.cov(x, y) / x.var()))
        both = grid.join(of, on=["patient_id", "boundary"], how="left").with_columns(pl.col("count").fill_null(0)).join(
            got, on=["patient_id", "boundary"]).sort("patient_id", "boundary")
        assert both.height == grid.height
        for stat in ("mean", "min", "max", "std", "last", "count", "slope"):
            expected, ours = both[stat].cast(pl.Float64), both[f"{signal}_{stat}_{name}h"].cast(pl.Float64)
            assert (expected.is_null() == ours.is_null()).all(), f"{signal} {stat} {name}: other nulls"
            scale = pl.select(pl.max_horizontal(expected.abs(), pl.lit(1.0))).to_series()
            worst = ((expected - ours).abs() / scale).max() or 0.0
            assert worst < 1e-6, f"{signal} {stat} {name}: {worst}"
print(f"{grid.height} rows agree")
