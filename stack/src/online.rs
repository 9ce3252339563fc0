//! The online store of this stack, and the record that serving reads: the recent timelines where they answer, silver where
//! they do not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt;
use futures::future::BoxFuture;
use strata_config::Config;
use strata_feature_server::{MaxAges, StatesPage};
use strata_feature_store::FeatureStore;
use strata_key_value::KeyValue;
use strata_online_feed::Meter;
use strata_online_store::{Limits, OnlineStore, Seen};
use strata_serving::{AsOf, Store, Vectors};
use strata_types::{HOUR, PatientId, Timestamp};

/// A store whose feed has not looked at the log for so long is not asked.
const SILENT: Duration = Duration::from_secs(10);
/// How long a feature server elsewhere may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The online store of this stack, while it stands. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Online {
    limits: Limits,
    require_enrolment: bool,
    pub(crate) max_ages: MaxAges,
    pub(crate) meter: Meter,
    open: Arc<Mutex<Option<OnlineStore>>>,
}

pub(crate) fn build(config: &Config) -> Result<Online> {
    let max_ages = MaxAges::of(config.features.max_age_hours.iter().map(String::as_str));
    Ok(Online {
        limits: Limits { lateness: (config.features.lateness_hours * HOUR as f64) as i64 },
        require_enrolment: config.processing.require_enrolment,
        max_ages: max_ages.context("features.max_age_hours")?,
        meter: Meter::default(),
        open: Arc::default(),
    })
}

impl Online {
    /// The timelines in a key-value store.
    pub(crate) fn store(&self, below: Arc<dyn KeyValue>) -> OnlineStore {
        OnlineStore::new(below, self.limits, self.require_enrolment)
    }

    /// Lets others read the store, or no longer.
    pub(crate) fn show(&self, store: Option<OnlineStore>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = store;
    }

    /// Why the store is not in step with the log; `None` if it is.
    pub(crate) fn why_not(&self) -> Option<String> {
        let stats = self.meter.stats();
        match (stats.doing, stats.since_look) {
            (Some(doing), _) => Some(format!("it is {doing}")),
            (None, Some(since)) if since > SILENT => {
                Some(format!("the log has not been looked at for {} s", since.as_secs()))
            }
            (None, None) => Some("it does not follow the log yet".to_owned()),
            _ => None,
        }
    }

    /// The store, while it is in step with the log.
    fn in_step(&self) -> Option<OnlineStore> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        open.filter(|_| self.why_not().is_none())
    }
}

/// What serving reads: the online store of this stack or one elsewhere, where it answers for the time that is asked about,
/// else silver, which answers for every time.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) online: Online,
    /// A feature server elsewhere; empty when there is none.
    pub(crate) elsewhere: String,
    pub(crate) silver: FeatureStore,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Vectors for Record {
    fn vector<'a>(&'a self, patient: &'a PatientId, t: Timestamp) -> BoxFuture<'a, Result<Option<AsOf>, BoxError>> {
        async move {
            let seen = if self.elsewhere.is_empty() { self.here(patient).await } else { self.there(patient).await };
            // Who waits for silver is answered by silver, and so is whoever is not known here.
            match seen {
                Ok(Some(seen)) if !seen.waits && seen.since.is_none_or(|since| since <= t) => {
                    return Ok(Some(AsOf::of(&seen.timeline, t, Store::Online)));
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(error, "the online store does not answer; silver does"),
            }
            let timeline = self.silver.timeline(patient).await?;
            Ok(timeline.map(|timeline| AsOf::of(&timeline, t, Store::Silver)))
        }
        .boxed()
    }
}

impl Record {
    async fn here(&self, patient: &PatientId) -> Result<Option<Seen>, String> {
        let Some(store) = self.online.in_step() else { return Ok(None) };
        store.seen(patient).await.map_err(|error| error.to_string().replace(patient.as_str(), "<patient>"))
    }

    async fn there(&self, patient: &PatientId) -> Result<Option<Seen>, String> {
        let url = format!("{}/v1/states?patient_id={patient}", self.elsewhere.trim_end_matches('/'));
        let page = page(url).await.map_err(|error| format!("{error:#}").replace(patient.as_str(), "<patient>"))?;
        let Some(state) = page.states.into_iter().next() else { return Ok(None) };
        let bytes = STANDARD.decode(state.state).map_err(|error| error.to_string())?;
        Seen::read(&bytes, self.online.require_enrolment).map_err(|error| error.to_string())
    }
}

/// A page of what a feature server holds.
pub(crate) async fn page(url: String) -> Result<StatesPage> {
    let ask = move || {
        let request = ureq::get(url).config().timeout_global(Some(PATIENCE)).build();
        request.call()?.body_mut().with_config().limit(1 << 30).read_json()
    };
    let page: Result<StatesPage, ureq::Error> = tokio::task::spawn_blocking(ask).await?;
    Ok(page?)
}
