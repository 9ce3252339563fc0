//! What can be set of the synthetic hospital.

use serde::{Deserialize, Serialize};
use strata_types::Timestamp;

use super::signs::SIGNS;

/// The hospital: how many patients for how long, what goes wrong with the data, and when it drifts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Patients.
    pub patients: u32,
    /// Days from `start`; rounded to whole hours.
    pub days: f64,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// When it starts.
    pub start: Timestamp,
    /// Minutes between two readings of a patient's vital signs.
    pub reading_interval_minutes: u32,
    /// Trial sites, 1 to 26. Every second one reports its laboratory in SI units.
    pub sites: u32,
    /// What goes wrong with the data.
    pub dirt: DirtRates,
    /// What changes, and from when.
    pub drift: Vec<Drift>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            patients: 1000,
            days: 7.0,
            seed: 42,
            // 2026-01-01T00:00:00Z
            start: Timestamp(1_767_225_600_000_000),
            reading_interval_minutes: 15,
            sites: 4,
            dirt: DirtRates::default(),
            drift: Vec::new(),
        }
    }
}

/// How often data go wrong, as shares from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DirtRates {
    /// Records sent twice, byte for byte.
    pub duplicates: f64,
    /// Records corrected later under the same key.
    pub corrections: f64,
    /// Readings and results with an impossible value.
    pub impossible: f64,
    /// Temperatures in degrees Fahrenheit.
    pub fahrenheit: f64,
    /// Vital signs left out of a reading.
    pub missing: f64,
    /// Records that are no JSON or lack what they must have.
    pub malformed: f64,
    /// Records that arrive late.
    pub late: f64,
    /// The most hours by which a late record is late.
    pub late_hours: f64,
}

impl Default for DirtRates {
    fn default() -> Self {
        Self {
            duplicates: 0.02,
            corrections: 0.01,
            impossible: 0.03,
            fahrenheit: 0.20,
            missing: 0.05,
            malformed: 0.001,
            late: 0.02,
            late_hours: 6.0,
        }
    }
}

impl DirtRates {
    /// Nothing goes wrong.
    pub const fn none() -> Self {
        Self {
            duplicates: 0.0,
            corrections: 0.0,
            impossible: 0.0,
            fahrenheit: 0.0,
            missing: 0.0,
            malformed: 0.0,
            late: 0.0,
            late_hours: 0.0,
        }
    }
}

/// Something that changes on a day, counted from `start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Drift {
    /// A site's laboratory changes its analyser: the other unit system, and results that are scaled.
    SiteShift {
        /// The day.
        from_day: f64,
        /// The site, from 0.
        site: u32,
        /// What its results are multiplied with.
        lab_scale: f64,
    },
    /// Monitors read a vital sign too high or too low.
    SensorBias {
        /// The day.
        from_day: f64,
        /// The site, from 0; every site when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<u32>,
        /// The field of the vitals event, such as `heart_rate`.
        field: String,
        /// What is added to it.
        offset: f64,
    },
    /// Other patients come: a share of them is admitted on the day, and is older.
    CaseMix {
        /// The day.
        from_day: f64,
        /// The share of all patients that comes then, not at the start.
        share: f64,
        /// By how many years they are older.
        years: f64,
    },
}

/// A setting that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("synthetic hospital: {0}")]
pub struct InvalidSettings(String);

impl Settings {
    /// The hours that it runs.
    pub(super) fn hours(&self) -> u32 {
        (self.days * 24.0).round() as u32
    }

    pub(super) fn check(&self) -> Result<(), InvalidSettings> {
        let fail = |reason: String| Err(InvalidSettings(reason));
        if self.patients == 0 || self.patients > 999_999 {
            return fail(format!("patients = {}: 1 to 999999", self.patients));
        }
        if !(1.0..=3650.0 * 24.0).contains(&(self.days * 24.0).round()) {
            return fail(format!("days = {}: from an hour (0.042) to 3650", self.days));
        }
        if !(1..=60).contains(&self.reading_interval_minutes) {
            return fail(format!("reading_interval_minutes = {}: 1 to 60", self.reading_interval_minutes));
        }
        if !(1..=26).contains(&self.sites) {
            return fail(format!("sites = {}: 1 to 26", self.sites));
        }
        for (name, rate) in self.dirt.rates() {
            if !(0.0..=1.0).contains(&rate) {
                return fail(format!("dirt.{name} = {rate}: a share from 0 to 1"));
            }
        }
        if !(0.0..=24.0).contains(&self.dirt.late_hours) {
            return fail(format!("dirt.late_hours = {}: 0 to 24", self.dirt.late_hours));
        }
        self.drift.iter().try_for_each(|drift| drift.check(self).map_err(InvalidSettings))
    }
}

impl DirtRates {
    fn rates(&self) -> [(&'static str, f64); 7] {
        [
            ("duplicates", self.duplicates),
            ("corrections", self.corrections),
            ("impossible", self.impossible),
            ("fahrenheit", self.fahrenheit),
            ("missing", self.missing),
            ("malformed", self.malformed),
            ("late", self.late),
        ]
    }
}

impl Drift {
    fn check(&self, settings: &Settings) -> Result<(), String> {
        let (Self::SiteShift { from_day, .. } | Self::SensorBias { from_day, .. } | Self::CaseMix { from_day, .. }) =
            self;
        if !(0.0..=settings.days).contains(from_day) {
            return Err(format!("drift from_day = {from_day}: 0 to {}", settings.days));
        }
        match self {
            Self::SiteShift { site, .. } | Self::SensorBias { site: Some(site), .. } if *site >= settings.sites => {
                Err(format!("drift site = {site}: there are sites 0 to {}", settings.sites - 1))
            }
            Self::SiteShift { lab_scale, .. } if !(0.1..=10.0).contains(lab_scale) => {
                Err(format!("drift lab_scale = {lab_scale}: 0.1 to 10"))
            }
            Self::SensorBias { field, .. } if !SIGNS.contains(&field.as_str()) => {
                Err(format!("drift field = `{field}`: one of {}", SIGNS.join(", ")))
            }
            Self::SensorBias { offset, .. } if !offset.is_finite() => Err(format!("drift offset = {offset}: a number")),
            Self::CaseMix { share, .. } if !(0.0..=1.0).contains(share) => {
                Err(format!("drift share = {share}: a share from 0 to 1"))
            }
            Self::CaseMix { years, .. } if !(-40.0..=40.0).contains(years) => {
                Err(format!("drift years = {years}: -40 to 40"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_unknown_ones_refused() {
        let text = r#"{"patients": 5, "dirt": {"late": 0.5}, "drift": [
            {"kind": "site_shift", "from_day": 1, "site": 0, "lab_scale": 1.2},
            {"kind": "sensor_bias", "from_day": 1, "field": "heart_rate", "offset": 8},
            {"kind": "case_mix", "from_day": 1, "share": 0.5, "years": 10}]}"#;
        let settings: Settings = serde_json::from_str(text).unwrap();
        assert_eq!((settings.patients, settings.days, settings.dirt.late), (5, 7.0, 0.5));
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(settings.start.to_string(), "2026-01-01T00:00:00Z");
        let written = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&written).unwrap(), settings);

        for text in [
            r#"{"patient": 5}"#,
            r#"{"dirt": {"lateness": 1}}"#,
            r#"{"drift": [{"kind": "case_mix", "from_day": 1, "share": 0.5, "years": 1, "more": 1}]}"#,
            r#"{"drift": [{"kind": "weather", "from_day": 1}]}"#,
        ] {
            assert!(serde_json::from_str::<Settings>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn impossible_settings_are_named() {
        let check = |change: fn(&mut Settings), expect: &str| {
            let mut settings = Settings::default();
            change(&mut settings);
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check(|s| s.patients = 0, "patients = 0");
        check(|s| s.days = f64::NAN, "days = NaN");
        check(|s| s.reading_interval_minutes = 0, "reading_interval_minutes = 0");
        check(|s| s.sites = 27, "sites = 27");
        check(|s| s.dirt.missing = 1.5, "dirt.missing = 1.5");
        check(|s| s.dirt.late_hours = -1.0, "late_hours = -1");
        let bias = |field: &str| Drift::SensorBias { from_day: 1.0, site: Some(9), field: field.into(), offset: 1.0 };
        let mut settings = Settings { drift: vec![bias("heart_rate")], ..Settings::default() };
        assert!(settings.check().unwrap_err().to_string().contains("site = 9"));
        settings.sites = 10;
        assert_eq!(settings.check(), Ok(()));
        settings.drift = vec![bias("mood")];
        assert!(settings.check().unwrap_err().to_string().contains("field = `mood`: one of heart_rate"));
    }
}
