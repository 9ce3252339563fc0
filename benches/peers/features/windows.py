"""What the windows are, and their query for DuckDB and Spark: each row of silver is touched once."""

SIGNALS = ["heart_rate", "blood_pressure_systolic", "blood_pressure_diastolic", "respiratory_rate", "spo2", "temperature",
           "mean_arterial_pressure", "pulse_pressure", "shock_index"]
HOURS = [1, 6, 24]
SUMS = ["n", "y", "yy", "x", "xx", "xy"]


def query(max_by, last_value):
    """Sums of each hour, then frames over the grid of patients and hours. `hour` numbers a row's hour from 0, `x` is
    its time in hours since the start."""
    hourly, rolled, wanted = [], [], []
    for s in SIGNALS:
        known = f"FILTER (WHERE {s} IS NOT NULL)"
        hourly += [
            f"count({s}) AS {s}_n", f"sum({s}) AS {s}_y", f"sum({s} * {s}) AS {s}_yy", f"sum(x) {known} AS {s}_x",
            f"sum(x * x) {known} AS {s}_xx", f"sum(x * {s}) AS {s}_xy", f"min({s}) AS {s}_low", f"max({s}) AS {s}_high",
            f"{max_by}({s}, x) {known} AS {s}_last",
        ]
        for h in HOURS:
            rolled += [f"coalesce(sum({s}_{part}) OVER past_{h}, 0) AS {s}_{part}_{h}" for part in SUMS]
            rolled += [
                f"min({s}_low) OVER past_{h} AS {s}_low_{h}", f"max({s}_high) OVER past_{h} AS {s}_high_{h}",
                f"{last_value.format(f'{s}_last')} OVER past_{h} AS {s}_last_{h}",
            ]
            n, y, yy, x, xx, xy = (f"{s}_{part}_{h}" for part in SUMS)
            wanted += [
                f"{y} / nullif({n}, 0) AS {s}_mean_{h}h", f"{s}_low_{h} AS {s}_min_{h}h", f"{s}_high_{h} AS {s}_max_{h}h",
                f"CASE WHEN {n} > 1 THEN sqrt(greatest({yy} - {y} * {y} / {n}, 0) / ({n} - 1)) END AS {s}_std_{h}h",
                f"{s}_last_{h} AS {s}_last_{h}h", f"cast({n} AS BIGINT) AS {s}_count_{h}h",
                f"({n} * {xy} - {x} * {y}) / nullif({n} * {xx} - {x} * {x}, 0) AS {s}_slope_{h}h",
            ]
    frames = ", ".join(
        f"past_{h} AS (PARTITION BY patient_id ORDER BY hour ROWS BETWEEN {h - 1} PRECEDING AND CURRENT ROW)" for h in HOURS
    )
    return f"""
        WITH hourly AS (SELECT patient_id, hour, {', '.join(hourly)} FROM silver GROUP BY patient_id, hour),
        rolled AS (
            SELECT patient_id, boundary, {', '.join(rolled)} FROM grid LEFT JOIN hourly USING (patient_id, hour)
            WINDOW {frames}
        )
        SELECT patient_id, boundary, {', '.join(wanted)} FROM rolled ORDER BY patient_id, boundary"""
