"""The 120 features of Strata at every hour of PhysioNet 2019, in Polars. usage: polars_job.py TABLES OUT

TABLES holds silver's tables. Of this set every reading is known when it is taken, every time is a whole hour, and a stay's
hours follow each other, so a window of time is one of rows: that is the fastest way to say it. Tables that the set does not
have (medications, adverse events) are nobody's rows.
"""

import sys
from pathlib import Path

import polars as pl
from deltalake import DeltaTable
from polars import col, lit

from limits import LIMITS

tables, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True)
SIGNS = {"hr": "heart_rate", "rr": "respiratory_rate", "spo2": "spo2", "temp": "temperature", "sbp": "blood_pressure_systolic",
         "dbp": "blood_pressure_diastolic", "map": "mean_arterial_pressure"}
FIVE = ["hr", "rr", "spo2", "sbp", "map"]
LABS = ["lactate", "creatinine", "bun", "wbc", "platelets", "haemoglobin", "sodium", "potassium", "bicarbonate", "glucose",
        "bilirubin_total", "inr"]
NUMBER = pl.Float64


def table(name, *columns):
    return pl.scan_parquet(DeltaTable(tables / name).file_uris()).select(*columns)


def stays(expression):
    """Over each stay, in the order of its hours."""
    return expression.over("patient_id")


def rolled(name, kind, hours):
    return stays(getattr(col(name), f"rolling_{kind}")(window_size=hours, min_samples=1))


def last(name, hours=None):
    """The most recent value, at most so many hours old."""
    return stays(col(name).forward_fill(hours and hours - 1))


def beyond(value, limits):
    """Outside the limits of its variable."""
    def limit(place, none):
        of = {name: both[place] for name, both in limits.items() if both[place] is not None}
        return col("variable").replace_strict(of, default=none, return_dtype=NUMBER)
    return (value < limit(0, -float("inf"))) | (value > limit(1, float("inf")))


def ratio(a, b):
    return pl.when(b != 0).then(a / b)


def points(value, *bands):
    """The points of the first band that reaches the value: pairs of an upper edge and points, the last without an edge."""
    *edges, rest = bands
    of = lit(rest)
    for edge, score in reversed(edges):
        of = pl.when(value <= edge).then(lit(score)).otherwise(of)
    return pl.when(value.is_not_null()).then(of).cast(NUMBER)


def total(parts):
    """The sum of what is known; null where nothing is."""
    return pl.when(pl.any_horizontal(part.is_not_null() for part in parts)).then(pl.sum_horizontal(parts))


whole = lambda value: (value + 0.5).floor()
tenth = lambda value: (value * 10.0 + 0.5).floor() / 10.0

# One row for each stay and hour.
vitals = table("vitals", "patient_id", col("timestamp").alias("time"), "quality_score", "consciousness", "on_oxygen", "fio2", "gcs",
               *[col(column).alias(sign) for sign, column in SIGNS.items()])
value = col("value")
labs = table("labs", "patient_id", col("timestamp").alias("time"), col("variable").cast(pl.String), "value",
             "reference_low", "reference_high").filter(value.is_not_null())
own = col("reference_low").is_not_null() & col("reference_high").is_not_null()
outside = (value < col("reference_low")) | (value > col("reference_high"))
hourly = labs.with_columns(
    abnormal=pl.when(own).then(outside).otherwise(beyond(value, {name: limits[0] for name, limits in LIMITS.items()})),
    critical=beyond(value, {name: limits[1] for name, limits in LIMITS.items()}),
).group_by("patient_id", "time").agg(
    *[value.filter(col("variable") == name).last().alias(name) for name in [*LABS, "pco2"]],
    abnormal=col("abnormal").sum().cast(NUMBER), critical=col("critical").sum().cast(NUMBER))
lactates = labs.filter(col("variable") == "lactate").sort("patient_id", "time").select(
    "patient_id", "time", previous_lactate=stays(value.shift()), previous_time=stays(col("time").shift()))
patients = table("patients", "patient_id", "age", "sex", pl.coalesce("unit_admitted_at", "admitted_at").alias("admitted_at"),
                 col("spo2_scale_2").fill_null(False).alias("scale_2"))
hours = (
    table("labels", "patient_id", "time", "label")
    .join(vitals, on=["patient_id", "time"], how="left")
    .join(hourly, on=["patient_id", "time"], how="left")
    .join(lactates, on=["patient_id", "time"], how="left")
    .join(patients, on="patient_id", how="left")
    .sort("patient_id", "time")
    .with_columns(x=stays(pl.int_range(pl.len())).cast(NUMBER))
)

# What windows are made of.
altered = pl.when(col("consciousness").is_not_null()).then(col("consciousness") != "A")
says_mind = col("consciousness").is_not_null() | col("gcs").is_not_null()
known = {sign: col(sign).is_not_null() for sign in SIGNS}
hours = hours.with_columns(
    *[pl.when(known[sign]).then("x").alias(f"{sign}_x") for sign in SIGNS],
    *[(col(sign) * col("x")).alias(f"{sign}_xy") for sign in FIVE],
    *[pl.when(known[sign]).then(col("x") * col("x")).alias(f"{sign}_xx") for sign in FIVE],
    *[known[sign].cast(NUMBER).alias(f"{sign}_n") for sign in SIGNS],
    counted=pl.sum_horizontal(known[sign].cast(NUMBER) for sign in SIGNS),
    paired_shock=ratio(col("hr"), col("sbp")), paired_pulse=col("sbp") - col("dbp"),
    oxygen=pl.max_horizontal(col("on_oxygen").cast(NUMBER), (col("fio2") >= 21.5).cast(NUMBER)),
    mind=pl.when(says_mind).then(pl.struct(altered=altered, gcs=col("gcs"))),
    lab_time=pl.when(col("abnormal").is_not_null()).then("time"),
    creatinine_min_7d=rolled("creatinine", "min", 168),
)

# The most recent values, and the windows.
made = [last(sign).alias(f"{sign}_last") for sign in SIGNS]
made += [last(f"{sign}_x").alias(f"{sign}_last_x") for sign in ["hr", "rr", "spo2", "sbp", "temp"]]
made += [last(name).alias(f"{name}_known") for name in ["fio2", "oxygen", "mind"]]
made += [last(name, 168).alias(f"{name}_last") for name in [*LABS, "pco2"]]
made += [last(name).alias(f"{name}_last") for name in ["lab_time", "previous_time", "previous_lactate"]]
made += [last("lactate", 24).alias("lactate_day")]
for sign in FIVE:
    made += [rolled(sign, kind, 6).alias(f"{sign}_{kind}_6h") for kind in ["mean", "min", "max", "std"]]
    made += [rolled(f"{sign}_{part}", "sum", 6).alias(f"{sign}_{part}_6h") for part in ["n", "x", "xx", "xy"]]
    made += [rolled(sign, kind, 24).alias(f"{sign}_{kind}_24h") for kind in ["mean", "std"]]
made += [rolled("temp", kind, 6).alias(f"temp_{kind}_6h") for kind in ["min", "max"]]
made += [rolled("temp", "mean", 24).alias("temp_mean_24h"), rolled("temp", "max", 24).alias("temp_max_24h")]
made += [rolled(sign, "max", 24).alias(f"{sign}_max_24h") for sign in ["hr", "rr"]]
made += [rolled(sign, "min", 24).alias(f"{sign}_min_24h") for sign in ["spo2", "sbp", "map"]]
made += [
    rolled("counted", "sum", 6).alias("vitals_count_6h"), rolled("counted", "sum", 24).alias("charted"),
    rolled("quality_score", "mean", 6).alias("quality_mean_6h"),
    rolled("paired_shock", "max", 6).alias("shock_index_max_6h"), rolled("paired_pulse", "min", 6).alias("pulse_pressure_min_6h"),
    rolled("abnormal", "sum", 24).fill_null(0.0).alias("lab_abnormal_count_24h"),
    rolled("critical", "sum", 24).fill_null(0.0).alias("lab_critical_count_24h"),
]
hours = hours.with_columns(made)

# The scores.
hr, rr, spo2, temp, sbp, dbp, mean = (col(f"{sign}_last") for sign in SIGNS)
oxygen, gcs = col("oxygen_known"), col("mind_known").struct.field("gcs")
altered = col("mind_known").struct.field("altered")
on_air = points(whole(spo2), (83, 3), (85, 2), (87, 1), 0)
on_oxygen = pl.when(whole(spo2) <= 92).then(on_air).otherwise(points(whole(spo2), (94, 1), (96, 2), 3))
scale_2 = pl.when(oxygen == 1).then(on_oxygen).otherwise(on_air)
news2 = {
    "news2_rr": points(whole(rr), (8, 3), (11, 1), (20, 0), (24, 2), 3),
    "news2_spo2": pl.when("scale_2").then(scale_2).otherwise(points(whole(spo2), (91, 3), (93, 2), (95, 1), 0)),
    "news2_oxygen": oxygen * 2,
    "news2_sbp": points(whole(sbp), (90, 3), (100, 2), (110, 1), (219, 0), 3),
    "news2_pulse": points(whole(hr), (40, 3), (50, 1), (90, 0), (110, 1), (130, 2), 3),
    "news2_consciousness": pl.coalesce(altered, gcs < 14.5).cast(NUMBER) * 3,
    "news2_temp": points(tenth(temp), (35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), 2),
}
sirs = total([
    (~tenth(temp).is_between(36.0, 38.0)).cast(NUMBER), (whole(hr) > 90).cast(NUMBER),
    pl.max_horizontal((whole(rr) > 20).cast(NUMBER), (col("pco2_last") < 32).cast(NUMBER)),
    (~col("wbc_last").is_between(4.0, 12.0)).cast(NUMBER),
])
qsofa = total([(whole(rr) >= 22).cast(NUMBER), (whole(sbp) <= 100).cast(NUMBER),
               pl.max_horizontal((whole(gcs) < 15).cast(NUMBER), altered.cast(NUMBER))])
hours = hours.with_columns(**news2, sirs_count=sirs, qsofa=qsofa).with_columns(news2_total=total([col(name) for name in news2]))

# The answer, in the order of Strata's.
age = pl.min_horizontal("age", lit(90.0))
fio2 = pl.when(col("fio2_known").is_null()).then(0.21).otherwise(col("fio2_known") / 100)
sf_ratio = ratio(spo2, fio2)
since = lambda then: (col("time") - then).dt.total_microseconds() / 3.6e9
answer = {f"{sign}_last": col(f"{sign}_last") for sign in SIGNS}
answer |= {f"{sign}_mean_1h": col(sign) for sign in FIVE}
for sign in FIVE:
    n, x, xx, xy = (col(f"{sign}_{part}_6h") for part in ["n", "x", "xx", "xy"])
    across = n * xx - x * x
    answer |= {f"{sign}_{kind}_6h": col(f"{sign}_{kind}_6h") for kind in ["mean", "min", "max", "std"]}
    answer[f"{sign}_slope_6h"] = pl.when(across != 0).then((n * xy - x * n * col(f"{sign}_mean_6h")) / across)
    answer |= {f"{sign}_{kind}_24h": col(f"{sign}_{kind}_24h") for kind in ["mean", "std"]}
as_made = ["temp_max_6h", "temp_min_6h", "hr_max_24h", "rr_max_24h", "spo2_min_24h", "sbp_min_24h", "map_min_24h", "temp_max_24h",
           "vitals_count_6h", "quality_mean_6h", "shock_index_max_6h", "pulse_pressure_min_6h", *news2, "news2_total", "sirs_count",
           "qsofa", *[f"{lab}_last" for lab in LABS], "lab_abnormal_count_24h", "lab_critical_count_24h"]
answer |= {name: col(name) for name in as_made}
answer |= {f"{sign}_delta_24h": col(f"{sign}_last") - col(f"{sign}_mean_24h") for sign in [*FIVE, "temp"]}
answer |= {f"{sign}_hours_since": col("x") - col(f"{sign}_last_x") for sign in ["hr", "rr", "spo2", "sbp", "temp"]}
answer |= {
    "vitals_missing_24h": 1 - col("charted") / 168,
    "pulse_pressure": sbp - dbp, "pp_fraction": ratio(sbp - dbp, sbp), "map_calc": (sbp + 2 * dbp) / 3,
    "shock_index": ratio(hr, sbp), "modified_shock_index": ratio(hr, mean), "age_shock_index": age * ratio(hr, sbp),
    "rate_pressure_product": hr * sbp, "sf_ratio": sf_ratio, "rox_index": ratio(sf_ratio, rr),
    "news2_max_24h": rolled("news2_total", "max", 24), "news2_delta_6h": col("news2_total") - stays(col("news2_total").shift(6)),
    "creatinine_ratio_7d": ratio(col("creatinine_last"), col("creatinine_min_7d")),
    "lactate_delta": pl.when(since(col("previous_time_last")) < 24).then(col("lactate_day") - col("previous_lactate_last")),
    "bun_creatinine_ratio": ratio(col("bun_last"), col("creatinine_last")), "lab_hours_since": since(col("lab_time_last")),
    "vasopressor_active": lit(0.0), "norepi_equivalent": lit(0.0), "antibiotic_24h": lit(0.0),
    "sedative_opioid_count_24h": lit(0.0), "med_classes_24h": lit(0.0), "med_hours_since": lit(None, NUMBER),
    "age_years": age, "sex_male": col("sex").replace_strict({"male": 1.0, "female": 0.0}, default=None, return_dtype=NUMBER),
    "hours_since_admission": pl.when(col("admitted_at") <= col("time")).then(since(col("admitted_at"))),
    "adverse_events_72h": lit(0.0),
}
hours.select("patient_id", "time", "label", *[value.cast(pl.Float32).alias(name) for name, value in answer.items()]).sink_parquet(
    out / "part.parquet", compression="lz4")
