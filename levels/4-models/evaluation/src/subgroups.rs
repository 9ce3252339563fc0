//! The parts of the patients that a model must serve alike.

use crate::{Estimate, Interval, Predictions, SubgroupVerdict, Subject};
use std::collections::BTreeMap;

/// The gap of AUROC to the overall one that is tolerated.
pub(crate) const TOLERATED_GAP: f64 = 0.05;
/// With fewer patients with an event a subgroup is shown and not judged.
pub(crate) const FEWEST_EVENTS: usize = 10;

/// A part of the patients, before anything is measured.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) dimension: &'static str,
    pub(crate) value: String,
    /// By the patient's number in order of appearance.
    pub(crate) members: Vec<bool>,
    pub(crate) rows: usize,
    pub(crate) patients: usize,
    pub(crate) events: usize,
}

type Dimension = (&'static str, fn(&Subject) -> Option<String>);

/// A new dimension is one more line here.
const DIMENSIONS: [Dimension; 4] = [
    ("Sex", |subject| subject.sex.clone()),
    ("Age", |subject| subject.age_years.and_then(age_band)),
    ("Unit", |subject| subject.unit.clone()),
    ("Site", |subject| subject.site.clone()),
];

/// A dimension with one value is left out: the part is the whole.
pub(crate) fn parts(predictions: &Predictions, subjects: &[Subject]) -> Vec<Part> {
    let patients = predictions.by_patient().count();
    let mut all = Vec::new();
    for (dimension, value_of) in DIMENSIONS {
        let mut by_value: BTreeMap<String, Part> = BTreeMap::new();
        for (patient, rows) in predictions.by_patient().enumerate() {
            let subject = subjects.get(predictions.patients[rows.start] as usize);
            let value = subject.and_then(value_of).unwrap_or_else(|| "not recorded".to_owned());
            let part = by_value.entry(value).or_insert_with_key(|value| Part {
                dimension,
                value: value.clone(),
                members: vec![false; patients],
                rows: 0,
                patients: 0,
                events: 0,
            });
            part.members[patient] = true;
            part.rows += rows.len();
            part.patients += 1;
            part.events += usize::from(predictions.labels[rows].contains(&true));
        }
        if by_value.len() > 1 {
            all.extend(by_value.into_values());
        }
    }
    all
}

pub(crate) fn verdict(events: usize, gap: Option<Estimate>) -> SubgroupVerdict {
    let Some(Interval { low, high }) = gap.and_then(|gap| gap.interval).filter(|_| events >= FEWEST_EVENTS) else {
        return SubgroupVerdict::NotJudged;
    };
    if low >= TOLERATED_GAP || high <= -TOLERATED_GAP {
        SubgroupVerdict::Beyond
    } else if low > -TOLERATED_GAP && high < TOLERATED_GAP {
        SubgroupVerdict::Within
    } else {
        SubgroupVerdict::Unclear
    }
}

/// The bands sort as text in the order of age.
fn age_band(years: f32) -> Option<String> {
    let band = match years {
        0.0..18.0 => "0-17",
        18.0..45.0 => "18-44",
        45.0..65.0 => "45-64",
        65.0..80.0 => "65-79",
        80.0.. => "80 and over",
        _ => return None,
    };
    Some(band.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_two_patients() {
        let predictions = Predictions {
            patients: &[1, 1, 0],
            hours: &[0.0, 1.0, 0.0],
            labels: &[false, true, false],
            probabilities: &[0.1; 3],
        };
        let subject = |sex: &str, age| Subject { sex: Some(sex.to_owned()), age_years: age, ..Subject::default() };
        let subjects = [subject("male", Some(70.0)), subject("female", None)];
        let found = parts(&predictions, &subjects);
        let summary: Vec<_> =
            found.iter().map(|part| (part.dimension, part.value.as_str(), part.rows, part.events)).collect();
        assert_eq!(
            summary,
            [("Sex", "female", 2, 1), ("Sex", "male", 1, 0), ("Age", "65-79", 1, 0), ("Age", "not recorded", 2, 1)]
        );
        assert_eq!(found[0].members, [true, false]);
        assert!(parts(&predictions, &[]).is_empty());
    }

    #[test]
    fn verdicts() {
        let check = |events, low, high, expect| {
            let gap = Estimate { value: f64::midpoint(low, high), interval: Some(Interval { low, high }) };
            assert_eq!(verdict(events, Some(gap)), expect);
        };
        check(10, -0.04, 0.04, SubgroupVerdict::Within);
        check(10, -0.09, -0.01, SubgroupVerdict::Unclear);
        check(10, -0.09, -0.05, SubgroupVerdict::Beyond);
        check(10, 0.06, 0.09, SubgroupVerdict::Beyond);
        check(9, 0.06, 0.09, SubgroupVerdict::NotJudged);
        assert_eq!(verdict(99, None), SubgroupVerdict::NotJudged);
    }

    #[test]
    fn bands() {
        assert_eq!(age_band(17.9).as_deref(), Some("0-17"));
        assert_eq!(age_band(18.0).as_deref(), Some("18-44"));
        assert_eq!(age_band(90.0).as_deref(), Some("80 and over"));
        assert_eq!(age_band(f32::NAN), None);
    }
}
