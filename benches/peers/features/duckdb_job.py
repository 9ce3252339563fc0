"""Windows over silver in DuckDB. usage: duckdb_job.py SILVER OUT START"""

import sys
from pathlib import Path

import duckdb

from windows import query

silver, out, start = sys.argv[1], Path(sys.argv[2]), sys.argv[3].rstrip("Z")
out.mkdir(parents=True)
db = duckdb.connect()
db.execute(f"""
    CREATE TEMP VIEW silver AS
    SELECT *, epoch_us("timestamp"::TIMESTAMP - TIMESTAMP '{start}') / 3.6e9 AS x, floor(x)::INT AS hour
    FROM read_parquet('{silver}/*/*.parquet')""")
db.execute(f"""
    CREATE TEMP TABLE grid AS
    SELECT patient_id, hour::INT AS hour, TIMESTAMP '{start}' + INTERVAL 1 HOUR * (hour + 1) AS boundary
    FROM (SELECT DISTINCT patient_id FROM silver), range(24) hours(hour)""")
windows = query("arg_max", "last_value({} IGNORE NULLS)")
db.execute(f"COPY ({windows}) TO '{out}/part.parquet' (COMPRESSION zstd)")
