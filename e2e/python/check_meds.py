"""Validates a MEDS data set by the standard's own schemas, and counts what is in it."""

import json
import sys
from pathlib import Path

import meds
import polars as pl
import pyarrow.parquet as pq

folder = Path(sys.argv[1])
tables = [pq.read_table(file) for file in sorted((folder / meds.data_subdirectory).glob("**/*.parquet"))]
for table in tables:
    meds.DataSchema.validate(table)
codes = pq.read_table(folder / meds.code_metadata_filepath)
meds.CodeMetadataSchema.validate(codes)
splits = pq.read_table(folder / meds.subject_splits_filepath)
meds.SubjectSplitSchema.validate(splits)
dataset = json.loads((folder / meds.dataset_metadata_filepath).read_text())
meds.DatasetMetadataSchema.validate(dataset)

seen = set()
for table in tables:
    subjects = table["subject_id"].to_pylist()
    runs = [subject for place, subject in enumerate(subjects) if place == 0 or subject != subjects[place - 1]]
    assert len(set(runs)) == len(runs) and not seen & set(runs), "a subject's rows are together, in one file"
    seen |= set(runs)

data = pl.concat([pl.from_arrow(table) for table in tables])
for (_,), rows in data.group_by("subject_id"):
    times = rows["time"].to_list()
    known = [time for time in times if time is not None]
    assert times[: len(times) - len(known)] == [None] * (len(times) - len(known)) and known == sorted(known), "sorted by time"
assert set(data["code"]) == set(codes["code"].to_pylist()), "every code is described"
print(
    json.dumps(
        {
            "rows": data.height,
            "subjects": data["subject_id"].n_unique(),
            "codes": codes.num_rows,
            "splits": splits.num_rows,
            "heart_rate": data.filter(pl.col("code") == "LOINC//8867-4///min")["numeric_value"].sum(),
        }
    )
)
