"""The bounds of valid values, inclusive, in the order in which a reason names them."""

BOUNDS = {
    "heart_rate": (20, 300),
    "blood_pressure_systolic": (40, 300),
    "blood_pressure_diastolic": (20, 200),
    "respiratory_rate": (2, 80),
    "spo2": (50, 100),
    "temperature": (30, 44),
}
