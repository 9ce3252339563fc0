//! What is impossible in a reading, and what follows from what is left.

/// The checks, in the order in which a reason names them: a vital's own range each, and the pressures against each other.
const CHECKS: [&str; 7] = [
    "heart_rate",
    "blood_pressure_systolic",
    "blood_pressure_diastolic",
    "respiratory_rate",
    "spo2",
    "temperature",
    "sbp_le_dbp",
];

/// Least and greatest possible values.
const RANGES: [(f64, f64); 6] = [(20.0, 300.0), (40.0, 300.0), (20.0, 200.0), (2.0, 80.0), (50.0, 100.0), (30.0, 44.0)];

/// Heart rate, systolic and diastolic pressure, respiratory rate, oxygen saturation, temperature.
pub(super) type Vitals = [Option<f64>; 6];

/// Which checks a reading fails, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Failed(u8);

const TEMPERATURE: u8 = 1 << 5;
const PRESSURES: u8 = 1 << 6;

impl Failed {
    /// Checks a reading; what is missing passes. A temperature in an unknown unit is none.
    #[inline]
    pub(super) fn of(vitals: &Vitals, has_unknown_unit: bool) -> Self {
        let mut failed = 0;
        for (number, (vital, (low, high))) in vitals.iter().zip(RANGES).enumerate() {
            failed |= u8::from(vital.is_some_and(|value| !(value >= low && value <= high))) << number;
        }
        if has_unknown_unit && vitals[5].is_some() {
            failed |= TEMPERATURE;
        }
        if let [_, Some(systolic), Some(diastolic), ..] = vitals
            && systolic <= diastolic
        {
            failed |= PRESSURES;
        }
        Self(failed)
    }

    #[inline]
    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }

    /// The names of the failed checks.
    pub(super) fn reason(self) -> String {
        let failed = CHECKS.iter().enumerate().filter(|(number, _)| self.0 >> number & 1 == 1);
        failed.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
    }

    /// Takes away what failed; gives how many values that were.
    pub(super) fn null(self, vitals: &mut Vitals) -> u64 {
        let both = if self.0 & PRESSURES == 0 { 0 } else { 0b110 };
        let fallen = self.0 & !PRESSURES | both;
        let failed = vitals.iter_mut().enumerate().filter(|(number, _)| fallen >> number & 1 == 1);
        failed.filter_map(|(_, vital)| vital.take()).count() as u64
    }
}

/// Rows of vitals, column by column; which of a row's there are, is a bit each.
#[derive(Debug)]
pub(super) struct VitalColumns {
    pub(super) values: [Vec<f64>; 6],
    pub(super) present: Vec<u8>,
}

/// The bits of what a derived column needs: both pressures, or the rate and the systolic one.
pub(super) const NEEDS: [u8; 3] = [0b110, 0b110, 0b011];

impl VitalColumns {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self { values: std::array::from_fn(|_| Vec::with_capacity(rows)), present: Vec::with_capacity(rows) }
    }

    #[inline]
    pub(super) fn add(&mut self, vitals: &Vitals) {
        let mut present = 0;
        for (number, (column, vital)) in self.values.iter_mut().zip(vitals).enumerate() {
            column.push(vital.unwrap_or_default());
            present |= u8::from(vital.is_some()) << number;
        }
        self.present.push(present);
    }

    /// Pulse pressure, mean arterial pressure and shock index; where one needs what is missing, anything.
    pub(super) fn derived(&self) -> [Vec<f64>; 3] {
        let [rates, systolic, diastolic, ..] = &self.values;
        let pressures = || systolic.iter().zip(diastolic);
        [
            pressures().map(|(systolic, diastolic)| systolic - diastolic).collect(),
            pressures().map(|(systolic, diastolic)| diastolic + (systolic - diastolic) / 3.0).collect(),
            rates.iter().zip(systolic).map(|(rate, systolic)| rate / systolic).collect(),
        ]
    }

    /// The share of a reading's vitals that there are.
    pub(super) fn quality(&self) -> Vec<f64> {
        self.present.iter().map(|present| f64::from(present.count_ones()) / 6.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Vitals = [Some(80.0), Some(120.0), Some(80.0), Some(16.0), Some(97.0), Some(37.0)];

    #[test]
    fn bounds_are_inclusive_and_reasons_keep_their_order() {
        assert!(Failed::of(&WELL, false).is_none());
        assert!(Failed::of(&[None; 6], true).is_none());
        for (number, (low, high)) in RANGES.into_iter().enumerate() {
            for (value, passes) in [(low, true), (high, true), (low - 0.1, false), (high + 0.1, false)] {
                let mut vitals = [None; 6];
                vitals[number] = Some(value);
                let failed = Failed::of(&vitals, false);
                assert_eq!(failed.reason(), if passes { "" } else { CHECKS[number] }, "{value}");
                assert_eq!(failed.null(&mut vitals), u64::from(!passes));
            }
        }
        let mut bad = [Some(0.0), Some(60.0), Some(60.0), None, Some(101.0), Some(50.0)];
        let failed = Failed::of(&bad, false);
        assert_eq!(failed.reason(), "heart_rate,spo2,temperature,sbp_le_dbp");
        assert_eq!((failed.null(&mut bad), bad), (5, [None; 6]));
        assert_eq!(Failed::of(&WELL, true).reason(), "temperature");
    }

    #[test]
    fn what_follows() {
        let mut columns = VitalColumns::with_capacity(2);
        columns.add(&WELL);
        columns.add(&[None, Some(120.0), None, None, None, None]);
        let derived = columns.derived().map(|column| column[0]);
        assert_eq!(derived, [40.0, 80.0 + 40.0 / 3.0, 80.0 / 120.0]);
        assert_eq!(columns.quality(), [1.0, 1.0 / 6.0]);
        assert_eq!(NEEDS.map(|needs| columns.present[1] & needs == needs), [false; 3]);
    }
}
