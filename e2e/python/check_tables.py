"""Reads the silver tables with other engines and compares what they count.

    check_tables.py TABLES EXPECTED.json

EXPECTED.json holds Strata's own counts: {"table": {"rows": n, "patients": n}, ...}. Every table is read by Polars and DuckDB
through the `deltalake` package (the Delta log decides which files count), and, where there is a Java, its active Parquet files by
PySpark. Exit code 1 if one of them counts otherwise, or if a table needs more than Delta reader version 1.
"""

import json
import shutil
import sys
from pathlib import Path

import deltalake
import duckdb
import polars as pl


def main(tables: Path, expected: dict) -> int:
    wrong = 0

    def judge(who, table, got, want):
        nonlocal wrong
        wrong += got != want
        print(f"{who:28} {table:16} {got} {'' if got == want else f'EXPECTED {want}'}")

    active = {}
    for table, want in expected.items():
        delta = deltalake.DeltaTable(str(tables / table))
        protocol = delta.protocol()
        if protocol.min_reader_version != 1:
            print(f"{table}: reader version {protocol.min_reader_version}")
            wrong += 1
        want = (want["rows"], want["patients"])
        frame = pl.scan_delta(str(tables / table))
        counted = frame.select(pl.len(), pl.col("patient_id").n_unique().alias("patients")).collect().row(0)
        judge(f"polars {pl.__version__}", table, counted, want)
        dataset = delta.to_pyarrow_dataset()
        counted = duckdb.sql("SELECT count(*), count(DISTINCT patient_id) FROM dataset").fetchall()[0]
        judge(f"duckdb {duckdb.__version__}", table, counted, want)
        active[table] = delta.file_uris()
        if "timestamp" in delta.schema().to_arrow().names:
            in_order = all(pl.read_parquet(file)["patient_id"].is_sorted() for file in active[table])
            judge("files sorted by patient", table, in_order, True)

    if shutil.which("java"):
        from pyspark.sql import SparkSession, functions

        spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        for table, files in active.items():
            rows = spark.read.parquet(*files).agg(functions.count("*"), functions.countDistinct("patient_id")).first()
            judge(f"pyspark {spark.version}", table, tuple(rows), (expected[table]["rows"], expected[table]["patients"]))
    else:
        print("skipped: pyspark needs a Java")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())))
