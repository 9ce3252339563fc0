"""A day of patient-vitals events as NDJSON, dirty in known ways, and the counts that every system must find.

usage: generate.py FOLDER {S|M|L|LINES} [--seed N]

FOLDER/raw/patient-vitals/date=.../hour=.../part-NNNN.json   the events, in the order of their arrival
FOLDER/truth.json                                            the counts, taken from the arrays that the events were made of
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl

SIZES = {"S": 600_000, "M": 6_000_000, "L": 60_000_000}
START = np.datetime64("2026-03-01T12:00:00", "ms")  # from noon to noon: silver has two dates
HOUR, DAY = 3_600_000, 86_400_000
FILE_BYTES = 64 << 20
LINES_PER_PATIENT = 1_500  # about one reading a minute

# Of all lines.
DUPLICATES, REVISIONS, MALFORMED = 0.02, 0.01, 0.001
# Of the readings, and of their values.
IMPOSSIBLE, FAHRENHEIT, MISSING = 0.03, 0.20, 0.05

# name: lowest and highest valid value, and impossible ones below and above.
SIGNS = {
    "heart_rate": (20, 300, (0, 19), (301, 999)),
    "blood_pressure_systolic": (40, 300, (0, 39), (301, 400)),
    "blood_pressure_diastolic": (20, 200, (0, 19), (201, 300)),
    "respiratory_rate": (2, 80, (0, 1), (81, 150)),
    "spo2": (50, 100, (0, 49), (101, 120)),
    "temperature": (30, 44, (20, 28), (46, 55)),
}
HR, SBP, DBP, RR, SPO2, TEMP = range(6)


def readings(rng, patient, minute, usual):
    """What the monitors show: values in tenths, which of them are there, which temperatures are in Fahrenheit."""
    n = len(patient)
    own = usual[patient]
    swing = np.sin(minute * 0.01 + own[:, 6])  # slow, so that slopes mean something

    def sign(column, amplitude, noise, low, high):
        return np.clip(own[:, column] + amplitude * swing + rng.normal(0, noise, n), low, high)

    values = np.empty((n, 6))
    values[:, HR] = sign(HR, 8, 4, 30, 220)
    values[:, SBP] = sign(SBP, 6, 6, 75, 240).round()
    values[:, DBP] = np.clip(np.minimum(sign(DBP, 3, 4, 0, 300), values[:, SBP] - 10), 25, 140)
    values[:, RR] = sign(RR, 2, 1.5, 5, 50)
    values[:, SPO2] = sign(SPO2, -1, 1, 70, 100)
    values[:, :TEMP] = values[:, :TEMP].round()
    values[:, TEMP] = sign(TEMP, 0.4, 0.15, 33, 42)

    broken = np.where(rng.random(n) < IMPOSSIBLE, rng.integers(0, 7, n), -1)
    above, where = rng.random(n) < 0.5, rng.random(n)
    for column, (_, _, low, high) in enumerate(SIGNS.values()):
        rows = broken == column
        first = np.where(above[rows], high[0], low[0])
        last = np.where(above[rows], high[1], low[1])
        values[rows, column] = (first + where[rows] * (last - first)).round()
    rows = broken == 6  # diastolic above systolic, each in its own range
    values[rows, SBP], values[rows, DBP] = values[rows, DBP], values[rows, SBP]

    fahrenheit = rng.random(n) < FAHRENHEIT
    values[:, TEMP] = np.where(fahrenheit, values[:, TEMP] * 9 / 5 + 32, values[:, TEMP])
    tenths = (values * 10).round().astype(np.int32)
    return {"tenths": tenths, "there": rng.random((n, 6)) >= MISSING, "fahrenheit": fahrenheit}


def is_rejected(reading):
    """The rules of silver, on arrays."""
    values, there = reading["tenths"] / 10.0, reading["there"]
    values[:, TEMP] = np.where(reading["fahrenheit"], (values[:, TEMP] - 32.0) * 5.0 / 9.0, values[:, TEMP])
    bounds = np.array([sign[:2] for sign in SIGNS.values()])
    outside = ((values < bounds[:, 0]) | (values > bounds[:, 1])) & there
    crossed = (values[:, SBP] <= values[:, DBP]) & there[:, SBP] & there[:, DBP]
    return outside.any(axis=1) | crossed


def uuids(rng, n):
    """Version 4, as text."""
    octets = rng.integers(0, 256, (n, 16), dtype=np.uint8)
    octets[:, 6] = octets[:, 6] & 0x0F | 0x40
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.full((n, 36), ord("-"), np.uint8)
    places = [place for place in range(36) if place not in (8, 13, 18, 23)]
    text[:, places[0::2]] = digits[octets >> 4]
    text[:, places[1::2]] = digits[octets & 15]
    return pl.Series(text.view("S36").ravel()).cast(pl.String)


def lines(rng, events):
    """The events of an hour as JSON. A missing value is half the time an absent key, half a null."""
    n = len(events["at"])
    time = pl.col("at", "ingested").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    frame = pl.DataFrame({
        "id": uuids(rng, n),
        "patient": events["patient"],
        "at": START + events["at"].astype("m8[ms]"),
        "ingested": START + events["ingested"].astype("m8[ms]"),
        "fahrenheit": events["fahrenheit"],
        **{name: events["tenths"][:, column] for column, name in enumerate(SIGNS)},
        **{f"{name}?": events["there"][:, column] for column, name in enumerate(SIGNS)},
        **{f"{name} null": rng.random(n) < 0.5 for name in SIGNS},
    }).with_columns(time)

    def value(name):
        whole = (pl.col(name) // 10).cast(pl.String)
        text = whole + "." + (pl.col(name) % 10).cast(pl.String) if name == "temperature" else whole
        absent = pl.when(pl.col(f"{name} null")).then(pl.lit(f'"{name}":null')).otherwise(None)
        return pl.when(pl.col(f"{name}?")).then(pl.lit(f'"{name}":') + text).otherwise(absent)

    fields = [
        pl.format('"event_id":"{}"', "id"),
        pl.format('"patient_id":"P{}"', pl.col("patient").cast(pl.String).str.zfill(6)),
        pl.format('"timestamp":"{}"', "at"),
        pl.format('"ingested_at":"{}"', "ingested"),
        pl.format('"source":"monitor-{}"', (pl.col("patient") % 1000).cast(pl.String).str.zfill(3)),
        *map(value, SIGNS),
        pl.when("fahrenheit").then(pl.lit('"temperature_unit":"[degF]"')).otherwise(pl.lit('"temperature_unit":"Cel"')),
    ]
    body = pl.concat_str(fields, separator=",", ignore_nulls=True)
    return frame.select(pl.lit("{") + body + pl.lit("}")).to_series()


def broken(rng, good):
    """Lines that cannot be read: cut short, bare text, a value left out, a brace lost."""

    def breaks(kind, line):
        match kind:
            case 0:
                return line[: rng.integers(10, len(line) - 2)]
            case 1:
                return f"ERROR device timeout {line[13:49]}"
            case 2:
                return line.replace('"timestamp":"', '"timestamp":,"x', 1)
            case _:
                return line[:-1]

    kinds = rng.integers(0, 4, len(good))
    return pl.Series([breaks(kind, line) for kind, line in zip(kinds, good)], dtype=pl.String)


def hour_of_arrival(rng, events, doubled, spoilt):
    """The lines of one hour in the order of their arrival."""
    good = lines(rng, events)
    again, bad = np.flatnonzero(doubled), np.flatnonzero(spoilt)
    arrived = np.concatenate([np.arange(len(good)), again + rng.integers(1, 5_000, len(again)), bad])
    every = pl.concat([good, good.gather(again), broken(rng, good.gather(bad))])
    return every.gather(np.argsort(arrived, kind="stable"))


def write(folder, all_lines):
    """Files of about 64 MB; gives how many and how large."""
    folder.mkdir(parents=True)
    size = int(all_lines.str.len_bytes().sum()) + len(all_lines)
    files = max(1, round(size / FILE_BYTES))
    each = -(-len(all_lines) // files)
    for number in range(files):
        part = all_lines.slice(number * each, each)
        with open(folder / f"part-{number:04}.json", "w") as file:
            file.write("\n".join(part) + "\n")
    return files, size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("size")
    parser.add_argument("--seed", type=int, default=20_260_301)
    asked = parser.parse_args()
    total = SIZES.get(asked.size) or int(asked.size)

    doubles, revisions, malformed = (round(total * share) for share in (DUPLICATES, REVISIONS, MALFORMED))
    n = total - doubles - revisions - malformed
    patients = max(1, total // LINES_PER_PATIENT)
    slot = DAY // -(-n // patients)
    rng = np.random.default_rng(asked.seed)
    usual = np.column_stack([rng.normal(82, 12, patients), rng.normal(124, 14, patients), rng.normal(74, 8, patients),
                             rng.normal(17, 2.5, patients), rng.normal(96, 1.2, patients), rng.normal(37, 0.35, patients),
                             rng.uniform(0, 2 * np.pi, patients)])

    patient = (np.arange(n) % patients).astype(np.int32)
    minute = (np.arange(n) // patients).astype(np.int32)
    at = minute * np.int64(slot) + rng.integers(0, slot, n)  # one a slot: patient and time are unique
    first = {"patient": patient, "at": at, "ingested": at + rng.integers(200, 5_000, n),
             **readings(rng, patient, minute, usual)}
    rejected = is_rejected(first)
    # A revision has the same patient, time and source, other values, and comes half a minute to ten minutes later.
    revised = rng.choice(n, revisions, replace=False)
    second = {"patient": patient[revised], "at": at[revised],
              "ingested": first["ingested"][revised] + rng.integers(30_000, 600_000, revisions),
              **readings(rng, patient[revised], minute[revised], usual)}
    rejected[revised] = is_rejected(second)
    events = {name: np.concatenate([first[name], second[name]]) for name in first}
    del first, second

    hour = np.minimum(events["ingested"] // HOUR, 23)  # the last one takes the stragglers too
    doubled, spoilt = np.zeros(len(hour), bool), np.zeros(len(hour), bool)
    doubled[rng.choice(len(hour), doubles, replace=False)] = True
    spoilt[rng.choice(len(hour), malformed, replace=False)] = True

    shutil.rmtree(asked.folder / "raw", ignore_errors=True)
    files = size = 0
    for number in range(24):
        rows = np.flatnonzero(hour == number)
        rows = rows[np.argsort(events["ingested"][rows], kind="stable")]
        some = hour_of_arrival(rng, {name: array[rows] for name, array in events.items()}, doubled[rows], spoilt[rows])
        time = str(START + np.timedelta64(number, "h"))
        folder = asked.folder / "raw/patient-vitals" / f"date={time[:10]}" / f"hour={time[11:13]}"
        more, bytes_written = write(folder, some)
        files, size = files + more, size + bytes_written

    counts = {"read": total, "malformed": malformed, "duplicates": doubles + revisions,
              "rejected": int(rejected.sum()), "written": int(n - rejected.sum())}
    truth = {"lines": total, "seed": asked.seed, "patients": patients, "start": f"{START}Z", "files": files,
             "bytes": size, "counts": counts}
    (asked.folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    print(json.dumps(truth))


if __name__ == "__main__":
    main()
