#!/usr/bin/env python3
"""Computes the 120 features a second time, with Polars, and compares them with Strata's.

    check_features.py FOLDER

FOLDER holds the silver tables and Strata's vectors: vitals, labs, medications, adverse_events,
patients and features, each as `NAME.parquet` (or `NAME.ndjson`, as the crate's own test dumps them).
Every (patient_id, time) of `features` is computed anew from silver alone. Both sides must have the
same nulls, and values within 1e-5 of each other, relative above 1 (Strata's are 32-bit floats).
Prints each feature that differs, with an example, and exits with 1 if there is any.

This is no translation of the Rust: it was written from `features_120.csv` and `decisions.md`. It joins
every requested time with all rows of its patient and aggregates with Polars' own mean, std and cov.
"""

import sys
import time
from functools import reduce
from pathlib import Path

import polars as pl
from polars import col

HOUR = 3_600_000_000
KEY = ["patient_id", "t"]

# Short name of the features -> column of silver.
SIGNS = {
    "hr": "heart_rate",
    "rr": "respiratory_rate",
    "spo2": "spo2",
    "temp": "temperature",
    "sbp": "blood_pressure_systolic",
    "dbp": "blood_pressure_diastolic",
    "map": "mean_arterial_pressure",
}

LABS_LAST = [
    "lactate",
    "creatinine",
    "bun",
    "wbc",
    "platelets",
    "haemoglobin",
    "sodium",
    "potassium",
    "bicarbonate",
    "glucose",
    "bilirubin_total",
    "inr",
]

# variable: (reference low, high, critical low, high); None where there is no limit.
LIMITS = {
    "lactate": (0.5, 2.2, None, 4.0),
    "creatinine": (0.6, 1.3, None, 7.5),
    "bun": (7.0, 20.0, None, 100.0),
    "sodium": (135.0, 145.0, 120.0, 160.0),
    "potassium": (3.5, 5.0, 2.5, 6.5),
    "chloride": (98.0, 106.0, 75.0, 125.0),
    "bicarbonate": (22.0, 29.0, 10.0, 40.0),
    "anion_gap": (8.0, 16.0, None, 25.0),
    "glucose": (70.0, 140.0, 40.0, 450.0),
    "calcium_total": (8.5, 10.5, 6.0, 13.0),
    "calcium_ionised": (1.12, 1.32, 0.75, 1.6),
    "magnesium": (1.7, 2.2, 1.0, 4.7),
    "phosphate": (2.5, 4.5, 1.0, 8.9),
    "bilirubin_total": (0.1, 1.2, None, 15.0),
    "albumin": (3.5, 5.0, 1.5, None),
    "ast": (8.0, 40.0, None, 1000.0),
    "alt": (7.0, 40.0, None, 1000.0),
    "alp": (44.0, 147.0, None, None),
    "wbc": (4.0, 11.0, 1.0, 40.0),
    "platelets": (150.0, 400.0, 20.0, 1000.0),
    "haemoglobin": (12.0, 17.5, 7.0, 20.0),
    "haematocrit": (36.0, 50.0, 21.0, 60.0),
    "inr": (0.8, 1.2, None, 5.0),
    "ptt": (25.0, 35.0, None, 100.0),
    "fibrinogen": (200.0, 400.0, 100.0, None),
    "ph": (7.35, 7.45, 7.2, 7.6),
    "pco2": (35.0, 45.0, 20.0, 70.0),
    "po2": (75.0, 100.0, 40.0, None),
    "base_excess": (-2.0, 2.0, -10.0, 10.0),
    "troponin_t": (0.0, 0.014, None, 0.1),
    "troponin_i": (0.0, 0.04, None, 0.4),
    "crp": (0.0, 10.0, None, None),
}

# ug/kg/min of norepinephrine per unit of rate (Goradia 2020).
PRESSORS = {
    "norepinephrine": 1.0,
    "epinephrine": 1.0,
    "phenylephrine": 0.1,
    "dopamine": 0.01,
    "vasopressin": 2.5 / 60,
}

TABLES = {
    "patients": {
        "patient_id": pl.String,
        "age": pl.Float64,
        "sex": pl.String,
        "admitted_at": "time",
        "spo2_scale_2": pl.Boolean,
    },
    "vitals": {
        "patient_id": pl.String,
        "timestamp": "time",
        "available_at": "time",
        **{column: pl.Float64 for column in SIGNS.values()},
        "fio2": pl.Float64,
        "gcs": pl.Float64,
        "consciousness": pl.String,
        "on_oxygen": pl.Boolean,
        "quality_score": pl.Float64,
    },
    "labs": {
        "patient_id": pl.String,
        "timestamp": "time",
        "available_at": "time",
        "variable": pl.String,
        "value": pl.Float64,
        "reference_low": pl.Float64,
        "reference_high": pl.Float64,
    },
    "medications": {
        "patient_id": pl.String,
        "timestamp": "time",
        "available_at": "time",
        "end_timestamp": "time",
        "drug": pl.String,
        "atc": pl.String,
        "effect": pl.String,
        "rate": pl.Float64,
        "given": pl.Boolean,
    },
    "adverse_events": {"patient_id": pl.String, "event_timestamp": "time", "report_timestamp": "time"},
}


def read(folder: Path, name: str) -> pl.DataFrame:
    parquet, ndjson = folder / f"{name}.parquet", folder / f"{name}.ndjson"
    if parquet.exists():
        return pl.read_parquet(parquet)
    if ndjson.exists() and ndjson.stat().st_size > 0:
        return pl.read_ndjson(ndjson, infer_schema_length=None)
    return pl.DataFrame()


def micros(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column of times as microseconds since 1970."""
    if isinstance(frame.schema[name], pl.Datetime):
        return col(name).dt.epoch("us")
    return col(name).cast(pl.Int64)


def table(folder: Path, name: str) -> pl.DataFrame:
    """A silver table with exactly the columns that are used; those it lacks are null."""
    frame = read(folder, name)
    columns = []
    for column, kind in TABLES[name].items():
        if column not in frame.columns:
            columns.append(pl.lit(None, pl.Int64 if kind == "time" else kind).alias(column))
        elif kind == "time":
            columns.append(micros(frame, column).alias(column))
        elif kind == pl.Float64:
            columns.append(col(column).cast(kind).fill_nan(None))
        else:
            columns.append(col(column).cast(kind))
    if frame.is_empty():
        return pl.DataFrame(schema={c: pl.Int64 if k == "time" else k for c, k in TABLES[name].items()})
    return frame.select(columns)


def ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """In the order in which "most recent" is meant; equal times keep the file's order."""
    rows = rows.filter(col("timestamp").is_not_null())
    return rows.sort("timestamp", "available_at", maintain_order=True).with_row_index("row")


def visible(asked: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Every requested time with the rows that had happened and were known."""
    joined = asked.join(ordered(rows), on="patient_id")
    joined = joined.filter(col("timestamp") <= col("t"), col("available_at") <= col("t"))
    return joined.sort("patient_id", "t", "row").with_columns(age=col("t") - col("timestamp"))


def half_up(value: pl.Expr, per: float = 1.0) -> pl.Expr:
    return (value * per + 0.5).floor() / per


def bands(value: pl.Expr, *steps: tuple[float, int], above: int) -> pl.Expr:
    """The points of the first band whose upper end the value does not pass."""
    expression = pl.when(value.is_null()).then(None)
    for upper, points in steps:
        expression = expression.when(value <= upper).then(points)
    return expression.otherwise(above)


def total(*parts: pl.Expr) -> pl.Expr:
    return pl.when(pl.any_horizontal(part.is_not_null() for part in parts)).then(pl.sum_horizontal(parts))


def quotient(a: pl.Expr, b: pl.Expr) -> pl.Expr:
    return pl.when(b != 0).then(a / b)


# --- vitals ---------------------------------------------------------------------------------------


def oxygen_of_row() -> pl.Expr:
    """Whether a row says that the patient breathes oxygen; null if it says nothing."""
    flag, enriched = col("on_oxygen"), half_up(col("fio2")) > 21
    silent = flag.is_null() & enriched.is_null()
    return pl.when(~silent).then(flag.fill_null(False) | enriched.fill_null(False))


def windows(seen: pl.DataFrame) -> pl.DataFrame:
    def inside(name: str, hours: float) -> pl.Expr:
        return col(SIGNS[name]).filter(col("age") < hours * HOUR).drop_nulls()

    def slope(name: str) -> pl.Expr:
        of_it = (col("age") < 6 * HOUR) & col(SIGNS[name]).is_not_null()
        x, y = -col("age").filter(of_it) / HOUR, col(SIGNS[name]).filter(of_it)
        return pl.when(x.n_unique() > 1).then(pl.cov(x, y) / x.var())

    out = []
    for name, column in SIGNS.items():
        out.append(col(column).drop_nulls().last().alias(f"{name}_last"))
        out.append((col("age").filter(col(column).is_not_null()).last() / HOUR).alias(f"{name}_hours_since"))
        out.append(
            (col("age").filter(col(column).is_not_null(), col("age") < 24 * HOUR) // HOUR)
            .n_unique()
            .alias(f"_{name}_bins")
        )
        out.append(inside(name, 6).len().alias(f"_{name}_count"))
    for hours in (1, 6, 24):
        for name in SIGNS:
            values = inside(name, hours)
            for statistic in ("mean", "min", "max", "std"):
                out.append(getattr(values, statistic)().alias(f"{name}_{statistic}_{hours}h"))
            out.append(slope(name).alias(f"{name}_slope_6h")) if hours == 6 else None
    recent = col("age") < 6 * HOUR
    out.append(col("quality_score").filter(recent).mean().alias("quality_mean_6h"))
    pair = quotient(col("heart_rate"), col("blood_pressure_systolic"))
    out.append(pair.filter(recent).max().alias("shock_index_max_6h"))
    pair = col("blood_pressure_systolic") - col("blood_pressure_diastolic")
    out.append(pair.filter(recent).min().alias("pulse_pressure_min_6h"))
    out.append(col("fio2").drop_nulls().last().alias("_fio2"))
    return seen.group_by(KEY).agg(out)


def derive(frame: pl.DataFrame) -> pl.DataFrame:
    """What follows from other features; after all tables are joined."""
    hr, sbp, dbp, spo2 = col("hr_last"), col("sbp_last"), col("dbp_last"), col("spo2_last")
    counted = [f"_{name}_count" for name in SIGNS]
    binned = [f"_{name}_bins" for name in SIGNS]
    frame = frame.with_columns(
        *((col(f"{name}_last") - col(f"{name}_mean_24h")).alias(f"{name}_delta_24h") for name in SIGNS),
        vitals_count_6h=pl.sum_horizontal(counted),
        vitals_missing_24h=1 - pl.sum_horizontal(binned) / (24 * 7),
        pulse_pressure=sbp - dbp,
        map_calc=(sbp + 2 * dbp) / 3,
        shock_index=quotient(hr, sbp),
        modified_shock_index=quotient(hr, col("map_last")),
        rate_pressure_product=hr * sbp,
        sf_ratio=quotient(spo2, pl.coalesce(col("_fio2") / 100, pl.lit(0.21))),
    )
    return frame.with_columns(
        pp_fraction=quotient(col("pulse_pressure"), sbp),
        age_shock_index=col("age_years") * col("shock_index"),
        rox_index=quotient(col("sf_ratio"), col("rr_last")),
        bun_creatinine_ratio=quotient(col("bun_last"), col("creatinine_last")),
    )


# --- scores ---------------------------------------------------------------------------------------


def most_recent(moments: pl.DataFrame, seen: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """At each moment u of (patient, t): the newest row at or before u in which any column has a value."""
    rows = seen.filter(pl.any_horizontal(col(c).is_not_null() for c in columns))
    rows = rows.unique([*KEY, "timestamp"], keep="last", maintain_order=True).sort("timestamp")
    rows = rows.select(*KEY, "timestamp", *columns)
    return (
        moments.sort("u")
        .join_asof(rows, left_on="u", right_on="timestamp", by=KEY, strategy="backward", check_sortedness=False)
        .drop("timestamp")
    )


def scores(asked: pl.DataFrame, seen: pl.DataFrame, patients: pl.DataFrame, labs: pl.DataFrame) -> pl.DataFrame:
    seen = seen.with_columns(
        oxygen=oxygen_of_row(),
        altered=(col("consciousness") != "A"),
        coma=(half_up(col("gcs")) < 15),
    )
    moments = asked.join(pl.DataFrame({"k": range(24)}), how="cross").with_columns(u=col("t") - col("k") * HOUR)
    at = moments
    needed = [[SIGNS[s]] for s in ("hr", "rr", "spo2", "temp", "sbp")] + [["oxygen"], ["altered", "coma"]]
    for columns in needed:
        at = at.join(most_recent(moments, seen, columns).select(*KEY, "k", *columns), on=[*KEY, "k"], how="left")
    at = at.join(patients.select("patient_id", col("spo2_scale_2").fill_null(False)), on="patient_id", how="left")

    rr, spo2 = half_up(col("respiratory_rate")), half_up(col("spo2"))
    sbp, pulse = half_up(col("blood_pressure_systolic")), half_up(col("heart_rate"))
    temperature = half_up(col("temperature"), 10.0)
    scale_1 = bands(spo2, (91, 3), (93, 2), (95, 1), above=0)
    on_air = bands(spo2, (83, 3), (85, 2), (87, 1), above=0)
    on_oxygen = bands(spo2, (83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), above=3)
    scale_2 = pl.when(col("oxygen").fill_null(False)).then(on_oxygen).otherwise(on_air)
    mind = pl.coalesce("altered", "coma")
    at = at.with_columns(
        news2_rr=bands(rr, (8, 3), (11, 1), (20, 0), (24, 2), above=3),
        news2_spo2=pl.when(col("spo2_scale_2").fill_null(False)).then(scale_2).otherwise(scale_1),
        news2_oxygen=pl.when(col("oxygen")).then(2).when(col("oxygen").is_not_null()).then(0),
        news2_sbp=bands(sbp, (90, 3), (100, 2), (110, 1), (219, 0), above=3),
        news2_pulse=bands(pulse, (40, 3), (50, 1), (90, 0), (110, 1), (130, 2), above=3),
        news2_consciousness=pl.when(mind).then(3).when(mind.is_not_null()).then(0),
        news2_temp=bands(temperature, (35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), above=2),
    )
    parts = [f"news2_{c}" for c in ("rr", "spo2", "oxygen", "sbp", "pulse", "consciousness", "temp")]
    at = at.with_columns(news2_total=total(*(col(part).cast(pl.Int64) for part in parts)))
    day = at.group_by(KEY).agg(
        news2_max_24h=col("news2_total").max(),
        _before=col("news2_total").filter(col("k") == 6).first(),
    )
    now = at.filter(col("k") == 0).join(day, on=KEY).join(labs.select(*KEY, "_pco2", "wbc_last"), on=KEY, how="left")
    tenth, yes = half_up(col("temperature"), 10.0), lambda condition: condition.cast(pl.Int64)
    fast, blown_off = rr > 20, col("_pco2") < 32
    breath = pl.when(fast.is_not_null() | blown_off.is_not_null()).then(
        fast.fill_null(False) | blown_off.fill_null(False)
    )
    confused = pl.when(col("altered").is_not_null() | col("coma").is_not_null()).then(
        col("altered").fill_null(False) | col("coma").fill_null(False)
    )
    now = now.with_columns(
        news2_delta_6h=col("news2_total") - col("_before"),
        sirs_count=total(
            yes((tenth < 36) | (tenth > 38)),
            yes(pulse > 90),
            yes(breath),
            yes((col("wbc_last") < 4) | (col("wbc_last") > 12)),
        ),
        qsofa=total(yes(rr >= 22), yes(sbp <= 100), yes(confused)),
    )
    return now.select(*KEY, *parts, "news2_total", "news2_max_24h", "news2_delta_6h", "sirs_count", "qsofa")


# --- labs, medications, statics -------------------------------------------------------------------


def laboratory(seen: pl.DataFrame) -> pl.DataFrame:
    limits = pl.DataFrame(
        [(name, *bounds) for name, bounds in LIMITS.items()],
        schema={
            "variable": pl.String,
            "low": pl.Float64,
            "high": pl.Float64,
            "critical_low": pl.Float64,
            "critical_high": pl.Float64,
        },
        orient="row",
    )
    seen = seen.filter(col("value").is_not_null()).join(limits, on="variable", how="left", maintain_order="left")
    own = col("reference_low").is_not_null() | col("reference_high").is_not_null()
    low = pl.when(own).then("reference_low").otherwise("low")
    high = pl.when(own).then("reference_high").otherwise("high")
    beyond = lambda low, high: (col("value") < low).fill_null(False) | (col("value") > high).fill_null(False)
    day = col("age") < 24 * HOUR

    def of(name: str, hours: int) -> pl.Expr:
        return col("value").filter(col("variable") == name, col("age") < hours * HOUR)

    lactate, creatinine = of("lactate", 24), of("creatinine", 168)
    return seen.group_by(KEY).agg(
        *(of(name, 168).last().alias(f"{name}_last") for name in LABS_LAST),
        of("pco2", 168).last().alias("_pco2"),
        creatinine_ratio_7d=pl.when(creatinine.min() != 0).then(creatinine.last() / creatinine.min()),
        lactate_delta=lactate.last() - lactate.slice(-2, 1).filter(lactate.len() > 1).first(),
        lab_hours_since=col("age").min() / HOUR,
        lab_abnormal_count_24h=(beyond(low, high) & day).sum(),
        lab_critical_count_24h=(beyond(col("critical_low"), col("critical_high")) & day).sum(),
    )


def medication(seen: pl.DataFrame) -> pl.DataFrame:
    infusion = col("end_timestamp").is_not_null() | col("rate").is_not_null()
    seen = seen.filter(col("given").fill_null(True)).with_columns(
        infusion=infusion,
        dosed=(col("rate") != 0).fill_null(True),
        newest_of_drug=col("row").filter(infusion).max().over([*KEY, "drug"]),
    )
    superseded = col("drug").is_not_null() & (col("row") < col("newest_of_drug"))
    until_end = col("t") < col("end_timestamp")
    open_ended = col("end_timestamp").is_null() & (col("age") < 24 * HOUR) & ~superseded
    runs = col("infusion") & col("dosed") & (until_end.fill_null(False) | open_ended) & (col("effect") == "vasopressor")
    equivalent = col("rate") * col("drug").replace_strict(PRESSORS, default=None, return_dtype=pl.Float64)
    seen = seen.with_columns(runs=runs, equivalent=equivalent)
    day = col("dosed") & (col("age") < 24 * HOUR)
    return seen.group_by(KEY).agg(
        vasopressor_active=col("runs").any(),
        norepi_equivalent=pl.when((col("runs") & col("equivalent").is_null()).any())
        .then(None)
        .otherwise(col("equivalent").filter(col("runs")).sum()),
        antibiotic_24h=(day & (col("effect") == "antibiotic")).any(),
        sedative_opioid_count_24h=(day & (col("effect") == "sedative_or_opioid")).sum(),
        med_classes_24h=col("atc").filter(day, col("atc").is_not_null(), col("atc") != "").str.slice(0, 4).n_unique(),
        med_hours_since=col("age").filter(col("dosed")).min() / HOUR,
    )


def statics(asked: pl.DataFrame, patients: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    sex = col("sex").str.to_lowercase().str.slice(0, 1)
    facts = asked.join(patients, on="patient_id", how="left").select(
        *KEY,
        age_years=pl.when(col("age") > 90).then(90.0).otherwise("age"),
        sex_male=pl.when(sex == "m").then(1).when(sex == "f").then(0),
        hours_since_admission=pl.when(col("admitted_at") <= col("t")).then((col("t") - col("admitted_at")) / HOUR),
    )
    recent = asked.join(events, on="patient_id").filter(
        col("event_timestamp").is_between(col("t") - 72 * HOUR, col("t"), closed="right"),
        col("report_timestamp") <= col("t"),
    )
    return facts.join(recent.group_by(KEY).agg(adverse_events_72h=pl.len()), on=KEY, how="left")


# --- all together ---------------------------------------------------------------------------------

COUNTS = [
    "sedative_opioid_count_24h",
    "med_classes_24h",
    "lab_abnormal_count_24h",
    "lab_critical_count_24h",
    "adverse_events_72h",
]


def compute(asked: pl.DataFrame, folder: Path) -> pl.DataFrame:
    vitals, labs, doses, events, patients = (
        table(folder, name) for name in ("vitals", "labs", "medications", "adverse_events", "patients")
    )
    seen = visible(asked, vitals)
    results = laboratory(visible(asked, labs))
    given = medication(visible(asked, doses))
    parts = [windows(seen), results, given, statics(asked, patients, events), scores(asked, seen, patients, results)]
    frame = reduce(lambda left, right: left.join(right, on=KEY, how="left"), parts, asked)
    # Where the joins found no row nothing happened; a null equivalent of someone who has rows stays null.
    none_given = asked.join(given.select(KEY), on=KEY, how="anti").with_columns(_none=True)
    none = pl.when(col("_none")).then(0.0).otherwise("norepi_equivalent").alias("norepi_equivalent")
    flags = [col(name).fill_null(False) for name in ("vasopressor_active", "antibiotic_24h")]
    counts = [col(name).fill_null(0) for name in COUNTS]
    frame = frame.join(none_given, on=KEY, how="left").with_columns(none, *flags, *counts)
    return derive(frame)


def compare(theirs: pl.DataFrame, ours: pl.DataFrame, names: list[str]) -> list[tuple]:
    """Each feature that differs: how often, and the first time it does."""
    both = theirs.join(
        ours.select(*KEY, *(col(n).cast(pl.Float64).fill_nan(None).alias(f"{n}~") for n in names)), on=KEY, how="left"
    )
    assert both.height == theirs.height, "one row per requested time"
    differing = []
    for name in names:
        strata, polars = col(name), col(f"{name}~")
        near = (strata - polars).abs() <= 1e-5 * pl.max_horizontal(polars.abs(), pl.lit(1.0))
        same = pl.when(strata.is_null() | polars.is_null()).then(strata.is_null() & polars.is_null()).otherwise(near)
        wrong = both.filter(~same)
        if wrong.height:
            example = wrong.row(0, named=True)
            differing.append(
                (name, wrong.height, example["patient_id"], example["t"], example[name], example[f"{name}~"])
            )
    return differing


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 64
    folder, start = Path(sys.argv[1]), time.perf_counter()
    vectors = read(folder, "features")
    names = [name for name in vectors.columns if name not in ("patient_id", "time")]
    theirs = vectors.select(
        col("patient_id").cast(pl.String),
        micros(vectors, "time").alias("t"),
        *(col(n).cast(pl.Float64).fill_nan(None) for n in names),
    ).unique(KEY, keep="any")
    ours = compute(theirs.select(KEY), folder)
    missing = [name for name in names if name not in ours.columns]
    if len(names) != 120 or missing:
        print(f"{len(names)} features, unknown ones: {missing}")
        return 1
    differing = compare(theirs, ours, names)
    for name, count, patient, t, strata, polars in differing:
        moment = pl.Series([t]).cast(pl.Datetime("us", "UTC"))[0].isoformat()
        print(f"{name:28} {count:7} differ, first {patient} at {moment}: strata {strata}, polars {polars}")
    seconds = time.perf_counter() - start
    print(f"{theirs.height} vectors, {len(names) - len(differing)} of {len(names)} features agree, {seconds:.1f} s")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
