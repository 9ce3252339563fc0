"""Windows over silver in PySpark. usage: spark-submit spark_job.py SILVER OUT START"""

import sys

from pyspark.sql import SparkSession

from windows import query

silver, out, start = sys.argv[1], sys.argv[2], sys.argv[3].replace("T", " ").rstrip("Z")
spark = (
    SparkSession.builder.appName("features")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "8")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.parquet.compression.codec", "zstd")
    .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    .getOrCreate()
)
spark.read.parquet(silver).createOrReplaceTempView("rows")
spark.sql(f"""
    CREATE TEMP VIEW silver AS SELECT *, cast(floor(x) AS INT) AS hour
    FROM (SELECT *, (unix_micros(timestamp) - unix_micros(TIMESTAMP '{start}')) / 3.6e9D AS x FROM rows)""")
spark.sql(f"""
    CREATE TEMP VIEW grid AS SELECT patient_id, hour, TIMESTAMP '{start}' + make_dt_interval(0, hour + 1) AS boundary
    FROM (SELECT patient_id, explode(sequence(0, 23)) AS hour FROM (SELECT DISTINCT patient_id FROM silver))""")
spark.sql(query("max_by", "last_value({}, true)")).write.parquet(out)
