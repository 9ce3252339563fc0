//! The synthetic hospital: patients who fall ill for reasons that are known.
//!
//! Each patient has a latent state that moves by the hour: a stable patient may start to deteriorate,
//! the sooner the older, the sicker and the more riskily treated; a deterioration moves vital signs and
//! laboratory values for hours, then subsides or becomes an adverse event of its type; clinicians
//! react, and the patient recovers or dies. As the process is known, so is the true risk at
//! every hour, and with it the best AUROC that any model can reach on these patients: the summary tells.
//! The data are then soiled as real data are, and the summary counts how often.
//!
//! The same settings give the same bytes, whatever the machine's number of cores.

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use strata_types::{HOUR, Topic};

use crate::{Availability, Error, Record, Sink, Source, Summary};

mod settings;
pub use settings::{DirtRates, Drift, InvalidSettings, Settings};

mod stay;

mod condition;
mod person;
mod standing;

mod auroc;
mod cause;
mod hazard;
mod path;

mod drugs;
mod labs;
mod order;
mod signs;
mod vitals;

mod dirt;
mod outbox;
mod random;

#[cfg(test)]
mod tests;

use dirt::Tally;
use outbox::Item;
use stay::Stay;

/// The source that every record names.
const SOURCE: &str = "synthetic";

/// A hospital that does not exist.
#[derive(Clone, Debug)]
pub struct Hospital {
    settings: Settings,
}

impl Hospital {
    /// Plans the hospital; reading it lets it run.
    pub fn new(settings: Settings) -> Result<Self, InvalidSettings> {
        settings.check()?;
        Ok(Self { settings })
    }
}

impl Source for Hospital {
    fn log(&self) -> String {
        let settings = serde_json::to_vec(&self.settings).expect("settings have text keys");
        format!("{SOURCE}-{}", &format!("{:x}", Sha256::digest(settings))[..12])
    }

    fn availability(&self) -> Availability {
        Availability::AtArrival
    }

    /// In hours.
    fn work(&self) -> Option<u64> {
        Some(u64::from(self.settings.hours()))
    }

    /// Lets all patients live an hour, gives what arrived in it, and goes on: what is kept in memory
    /// grows with the patients, not with the days.
    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, Error> {
        let settings = &self.settings;
        let patients = (0..settings.patients).into_par_iter();
        let (mut stays, scored): (Vec<_>, Vec<_>) = patients.map(|index| Stay::new(settings, index)).unzip();
        let mut on_its_way: Vec<Item> = Vec::new();
        let mut records = [0; Topic::ALL.len()];
        for hour in 0..settings.hours() {
            stays.par_iter_mut().for_each(|stay| stay.live(settings, hour));
            on_its_way.extend(stays.iter_mut().flat_map(|stay| stay.outbox.items.drain(..)));
            let now = settings.start + i64::from(hour + 1) * HOUR;
            let later = on_its_way.extract_if(.., |item| item.arrived >= now).collect();
            give(&mut on_its_way, &stays, &mut records, sink)?;
            on_its_way = later;
            sink.progress(u64::from(hour) + 1);
        }
        give(&mut on_its_way, &stays, &mut records, sink)?;
        Ok(summary(&stays, &mut scored.concat(), &records))
    }
}

/// Gives lines in the order of their arrival.
fn give(
    items: &mut Vec<Item>,
    stays: &[Stay],
    records: &mut [u64; Topic::ALL.len()],
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    items.sort_unstable_by_key(|item| (item.arrived, item.patient, item.place));
    for item in items.drain(..) {
        let patient_id = stays[item.patient as usize].patient_id();
        let record = Record { topic: item.topic, patient_id, arrived_at: Some(item.arrived), line: &item.line };
        sink.accept(record).map_err(Error::Sink)?;
        records[item.topic as usize] += 1;
    }
    Ok(())
}

fn summary(stays: &[Stay], scored: &mut [(f64, bool)], records: &[u64; Topic::ALL.len()]) -> Summary {
    let mut tally = Tally::default();
    let (mut events, mut grave, mut with_grave) = (0, 0, 0);
    for stay in stays {
        tally += stay.outbox.tally;
        let graves = stay.path.onsets().filter(|(_, onset)| onset.is_grave()).count();
        events += stay.path.onsets().count();
        grave += graves;
        with_grave += usize::from(graves > 0);
    }
    let positive = scored.iter().filter(|(_, positive)| *positive).count();
    let hours = scored.len();
    let share = |part: usize, whole: usize| format!("{:.4}", part as f64 / whole.max(1) as f64);
    let best =
        auroc::auroc(scored).map_or("unknown: no label, or labels of one kind".into(), |best| format!("{best:.4}"));
    let mut notes = vec![
        ("best_possible_auroc".into(), best),
        ("hours with a label".into(), hours.to_string()),
        ("share of positive labels".into(), share(positive, hours)),
        ("adverse events".into(), events.to_string()),
        ("adverse events of grade 3 or more".into(), grave.to_string()),
        ("share of patients with grade 3 or more".into(), share(with_grave, stays.len())),
    ];
    notes.extend(tally.notes());
    let topics = Topic::ALL.iter().zip(records).filter(|(_, count)| **count > 0);
    Summary {
        patients: stays.len() as u64,
        rows: stays.iter().map(|stay| stay.readings).sum(),
        records: topics.map(|(topic, count)| (topic.name().into(), *count)).collect(),
        notes,
        ..Summary::default()
    }
}

/// `site-A` for 0.
fn site_name(site: u32) -> String {
    format!("site-{}", char::from(b'A' + site as u8))
}
