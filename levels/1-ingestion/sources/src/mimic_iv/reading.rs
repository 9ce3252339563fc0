//! What was charted of a subject at one time, as one reading of vital signs.
//!
//! Vitals are known by patient, time and source, so what was charted together has to stand together.

use strata_types::event::Vitals;
use strata_types::{PatientId, Timestamp};

use super::items::{Becomes, Item};

/// A value that was charted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charted {
    pub(crate) subject: u64,
    pub(crate) time: Timestamp,
    /// When it was stored.
    pub(crate) arrived: Timestamp,
    pub(crate) item: &'static Item,
    pub(crate) value: f64,
}

/// The reading of one subject at one time, and what became of each value: `None` for what is part of
/// it, else the reason why not. The reading is empty when nothing is part of it.
pub(crate) fn reading(patient_id: PatientId, charted: &[Charted], source: &str) -> (Vitals, Vec<Option<&'static str>>) {
    let time = charted.first().map_or(Timestamp(0), |first| first.time);
    let mut vitals = Vitals::at(patient_id, time, source);
    let preferred = preferred_way(charted);
    let mut coma = [None; 3];
    let fates = charted.iter().enumerate().map(|(place, charted_here)| {
        let Charted { item, value, .. } = *charted_here;
        let later = charted[place + 1..].iter().rev().find(|later| later.item.id == item.id);
        match later {
            Some(later) if later.value == value => return Some("charted twice"),
            Some(_) => return Some("a second value of the same time: the later row stands"),
            None => {}
        }
        match item.becomes {
            Becomes::Field(_, Some(other)) | Becomes::Temperature(_, Some(other))
                if charted.iter().any(|charted| charted.item.id == other) =>
            {
                return Some("another item was charted for the same sign at the same time, and is preferred");
            }
            Becomes::Pressure(_, way) if Some(way) != preferred => {
                return Some("pressures of another way were charted at the same time, and are preferred");
            }
            Becomes::Field(field, _) | Becomes::Pressure(field, _) => *field(&mut vitals) = Some(value),
            Becomes::Temperature(unit, _) => {
                vitals.temperature = Some(value);
                vitals.temperature_unit = Some(unit.into());
            }
            Becomes::Coma(part) => coma[part] = Some(value),
        }
        None
    });
    let mut fates: Vec<_> = fates.collect();
    if let [Some(eyes), Some(verbal), Some(motor)] = coma {
        vitals.gcs = Some(eyes + verbal + motor);
    } else {
        let parts = charted.iter().zip(&mut fates).filter(|(c, fate)| is_coma(c) && fate.is_none());
        parts.for_each(|(_, fate)| *fate = Some("not all three parts of the coma scale were charted at that time"));
    }
    (vitals, fates)
}

fn is_coma(charted: &Charted) -> bool {
    matches!(charted.item.becomes, Becomes::Coma(_))
}

/// The first way of measuring pressure that read above 0, else the first that read at all.
fn preferred_way(charted: &[Charted]) -> Option<u8> {
    let ways = charted.iter().filter_map(|charted| match charted.item.becomes {
        Becomes::Pressure(_, way) => Some((charted.value <= 0.0, way)),
        _ => None,
    });
    ways.min().map(|(_, way)| way)
}

#[cfg(test)]
mod tests {
    use super::super::items::item;
    use super::*;

    /// The reading of these items, as JSON from the first vital sign on, and how many values are no part of it.
    #[track_caller]
    fn check(charted: &[(u32, f64)], expected: &str, refused: usize) {
        let charted: Vec<_> = charted
            .iter()
            .map(|(id, value)| Charted {
                subject: 1,
                time: Timestamp(0),
                arrived: Timestamp(0),
                item: item(*id).unwrap(),
                value: *value,
            })
            .collect();
        let (vitals, fates) = reading("1".parse().unwrap(), &charted, "mimic-iv");
        let json = serde_json::to_string(&vitals).unwrap();
        let signs = json.split_once(r#""mimic-iv""#).unwrap().1.trim_matches([',', '}']);
        assert_eq!(signs, expected);
        assert_eq!(fates.iter().flatten().count(), refused, "{fates:?}");
    }

    #[test]
    fn what_was_charted_together_is_one_reading() {
        check(&[(220_045, 80.0), (220_277, 97.0)], r#""heart_rate":80.0,"spo2":97.0"#, 0);
        check(&[(223_762, 36.9), (223_761, 98.4)], r#""temperature":98.4,"temperature_unit":"[degF]""#, 1);
        check(&[(223_762, 36.9)], r#""temperature":36.9,"temperature_unit":"Cel""#, 0);
        check(&[(224_690, 20.0), (220_210, 18.0)], r#""respiratory_rate":18.0"#, 1);
        check(&[(220_739, 4.0), (223_900, 5.0), (223_901, 6.0)], r#""gcs":15.0"#, 0);
        check(&[(220_739, 4.0), (223_901, 6.0)], "", 2);
        check(&[(220_045, 80.0), (220_045, 80.0), (220_045, 82.0)], r#""heart_rate":82.0"#, 2);
        check(&[(220_045, 80.0), (220_045, 80.0)], r#""heart_rate":80.0"#, 1);
    }

    #[test]
    fn pressures_are_of_one_way() {
        let (line, cuff) = (r#""blood_pressure_systolic":120.0"#, r#""blood_pressure_systolic":110.0"#);
        check(&[(220_050, 120.0), (220_179, 110.0), (220_180, 60.0)], line, 2);
        check(&[(220_050, 0.0), (220_179, 110.0)], cuff, 1);
        check(&[(220_050, 0.0)], r#""blood_pressure_systolic":0.0"#, 0);
        check(&[(225_309, 120.0), (220_179, 110.0)], line, 1);
    }
}
