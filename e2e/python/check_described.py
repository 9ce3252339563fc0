"""Reads what the Delta table of features says of its columns, and compares it with the table of definitions.

    check_described.py TABLES

Every feature's column must have its description (`comment`), its unit and its window in the metadata of its field, readable
with reader version 1. Exit code 1 if one has not.
"""

import sys
from pathlib import Path

import deltalake
import polars as pl


def main(tables: Path) -> int:
    features = deltalake.DeltaTable(str(tables / "features"))
    said = {field.name: field.metadata for field in features.schema().fields}
    wrong = features.protocol().min_reader_version != 1
    definitions = pl.scan_delta(str(tables / "feature_definitions")).collect()
    for row in definitions.iter_rows(named=True):
        want = {"comment": row["description"], "unit": row["unit"]}
        if row["window_hours"] is not None:
            want["window_hours"] = f"{row['window_hours']:g}"
        got = said[row["feature"]]
        if got != want:
            print(f"{row['feature']}: {got} EXPECTED {want}")
            wrong = True
    print(f"{len(definitions)} features described")
    return 1 if wrong or len(definitions) != 120 else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
