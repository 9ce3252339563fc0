//! The most recent value of each sign, however old.

use strata_types::Timestamp;

use crate::scores::{news2, qsofa};
use crate::sign::{self, FIO2, GCS, HR, RR, SBP, SPO2, TEMP};
use crate::timeline::Vitals;

/// The most recent values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latest {
    value: [f64; sign::COUNT],
    time: [Timestamp; sign::COUNT],
    oxygen: Option<bool>,
    mind: Mind,
}

/// What the most recent reading that says anything of consciousness says.
///
/// The newest word decides, whichever scale it is on: an `A` at admission must not outlive a
/// falling coma scale.
#[derive(Clone, Copy, Debug)]
struct Mind {
    altered: Option<bool>,
    gcs: f64,
}

impl Latest {
    pub(crate) const NONE: Self = Self {
        value: [f64::NAN; sign::COUNT],
        time: [Timestamp(0); sign::COUNT],
        oxygen: None,
        mind: Mind { altered: None, gcs: f64::NAN },
    };

    /// From rows in order of time, of those known by `t`: from the newest back, until all is known.
    pub(crate) fn of(rows: &[Vitals], t: Timestamp) -> Self {
        let mut latest = Self::NONE;
        let mut wanted: u32 = (1 << sign::COUNT) - 1;
        let (mut oxygen, mut mind) = (true, true);
        for row in rows.iter().rev().filter(|row| row.available_at <= t) {
            let mut left = wanted;
            while left != 0 {
                let sign = left.trailing_zeros() as usize;
                left &= left - 1;
                if !row.signs[sign].is_nan() {
                    latest.value[sign] = row.signs[sign];
                    latest.time[sign] = row.time;
                    wanted &= !(1 << sign);
                }
            }
            if oxygen {
                latest.take_oxygen(row);
                oxygen = latest.oxygen.is_none();
            }
            if mind {
                latest.take_mind(row);
                mind = latest.mind.unknown();
            }
            if wanted == 0 && !oxygen && !mind {
                break;
            }
        }
        latest
    }

    /// Takes in a row that is not older than any before it.
    pub(crate) fn take(&mut self, row: &Vitals) {
        for (sign, value) in row.signs.iter().enumerate() {
            if !value.is_nan() {
                self.take_sign(sign, row);
            }
        }
        self.take_oxygen(row);
        self.take_mind(row);
    }

    /// Takes one sign of a row that has it.
    pub(crate) const fn take_sign(&mut self, sign: usize, row: &Vitals) {
        self.value[sign] = row.signs[sign];
        self.time[sign] = row.time;
    }

    /// The newest word decides here too; in one reading either the flag or more than 21 % means oxygen.
    pub(crate) fn take_oxygen(&mut self, row: &Vitals) {
        let fio2 = row.signs[FIO2];
        let enriched = (!fio2.is_nan()).then_some(fio2 >= 21.5); // above 21 % when rounded half up
        self.oxygen = row.on_oxygen.max(enriched).or(self.oxygen);
    }

    pub(crate) fn take_mind(&mut self, row: &Vitals) {
        if row.says_mind() {
            self.mind = Mind { altered: row.consciousness_altered, gcs: row.signs[GCS] };
        }
    }

    /// The value of a sign; NaN if it was never measured.
    pub(crate) const fn value(&self, sign: usize) -> f64 {
        self.value[sign]
    }

    /// Hours from the value to t; NaN if it was never measured.
    pub(crate) fn hours_since(&self, sign: usize, t: Timestamp) -> f64 {
        if self.value[sign].is_nan() { f64::NAN } else { t.hours_since(self.time[sign]) }
    }

    /// What NEWS2 looks at. A coma scale below 15 counts as altered where ACVPU was not charted.
    pub(crate) fn for_news2(&self, spo2_scale_2: bool) -> news2::Observations {
        let gcs = self.mind.gcs;
        news2::Observations {
            respiratory_rate: self.value[RR],
            spo2: self.value[SPO2],
            spo2_scale_2,
            on_oxygen: self.oxygen,
            systolic: self.value[SBP],
            pulse: self.value[HR],
            consciousness_altered: self.mind.altered.or((!gcs.is_nan()).then_some(gcs < 14.5)),
            temperature: self.value[TEMP],
        }
    }

    /// What qSOFA looks at.
    pub(crate) fn for_qsofa(&self) -> qsofa::Observations {
        qsofa::Observations {
            respiratory_rate: self.value[RR],
            systolic: self.value[SBP],
            gcs: self.mind.gcs,
            consciousness_altered: self.mind.altered,
        }
    }
}

impl Vitals {
    /// Whether the row says anything of oxygen.
    pub(crate) const fn says_oxygen(&self) -> bool {
        self.on_oxygen.is_some() || !self.signs[FIO2].is_nan()
    }

    /// Whether the row says anything of consciousness.
    pub(crate) const fn says_mind(&self) -> bool {
        self.consciousness_altered.is_some() || !self.signs[GCS].is_nan()
    }
}

impl Mind {
    const fn unknown(&self) -> bool {
        self.altered.is_none() && self.gcs.is_nan()
    }
}
