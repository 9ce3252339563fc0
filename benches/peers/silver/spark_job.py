"""Bronze to silver in PySpark. usage: spark-submit spark_job.py RAW OUT"""

import json
import os
import sys

from pyspark.sql import Observation, SparkSession, Window
from pyspark.sql import functions as f
from pyspark.sql.functions import col

from rules import BOUNDS

raw, out = sys.argv[1:3]
spark = (
    SparkSession.builder.appName("silver")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "8")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.parquet.compression.codec", "zstd")
    .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    .config("spark.sql.maxConcurrentOutputFileWriters", "64")  # no second sort before the partitioned write
    .getOrCreate()
)
schema = ", ".join(
    ["event_id STRING", "patient_id STRING", "timestamp TIMESTAMP", "ingested_at TIMESTAMP", "source STRING"]
    + [f"{name} DOUBLE" for name in BOUNDS]
    + ["temperature_unit STRING", "line STRING"]
)
sbp, dbp = col("blood_pressure_systolic"), col("blood_pressure_diastolic")
broken = [f.when(~col(name).between(*bounds), name) for name, bounds in BOUNDS.items()]
broken.append(f.when(sbp <= dbp, "sbp_le_dbp"))
celsius = f.when(col("temperature_unit") == "[degF]", (col("temperature") - 32.0) * 5.0 / 9.0).otherwise(col("temperature"))
newest = Window.partitionBy("date", "patient_id", "timestamp", "source").orderBy(col("ingested_at").desc())
of_lines, of_rows = Observation("lines"), Observation("rows")

# One parse, one shuffle, one sort, one write: what is broken travels along and is told apart by its kind.
rows = (
    spark.read.schema(schema).option("columnNameOfCorruptRecord", "line").option("recursiveFileLookup", "true").json(raw)
    .observe(of_lines, f.count(f.lit(1)).alias("read"), f.count("line").alias("malformed"))
    .withColumn("temperature", celsius)
    .withColumn("date", f.to_date("timestamp"))
    .drop("temperature_unit")
    .repartition(8, "date", "patient_id")
    .withColumn("place", f.row_number().over(newest))
    .filter("place = 1 OR line IS NOT NULL")
    .drop("place")
    .withColumn("reason", f.concat_ws(",", *broken))
    .withColumn("kind", f.when(col("line").isNotNull(), "malformed").when(col("reason") == "", "silver").otherwise("rejects"))
    .observe(of_rows, f.count_if(col("kind") == "silver").alias("written"), f.count_if(col("kind") == "rejects").alias("rejected"))
    .withColumn("pulse_pressure", sbp - dbp)
    .withColumn("mean_arterial_pressure", dbp + (sbp - dbp) / 3)
    .withColumn("shock_index", f.when(col("kind") == "silver", col("heart_rate") / sbp))
    .withColumn("quality_score", sum((col(name).isNotNull().cast("int") for name in BOUNDS), f.lit(0)) / 6)
)
rows.write.partitionBy("kind", "date").parquet(out)
for kind in ("silver", "rejects", "malformed"):
    os.rename(f"{out}/kind={kind}", f"{out}/{kind}")

counts = of_lines.get | of_rows.get
counts["duplicates"] = counts["read"] - counts["malformed"] - counts["rejected"] - counts["written"]
print(json.dumps(counts))
