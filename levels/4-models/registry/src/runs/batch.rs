//! Many metrics, parameters and tags of a run at once: all of them, or none.

use std::collections::HashSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::change::{log_params, set_tags};
use super::{Pair, active};
use crate::audited::Logged;
use crate::metrics::{self, Metric, limits};
use crate::{Asked, Error, Shared};

/// What a run logs at once.
#[derive(Debug)]
pub(super) struct Batch {
    run: String,
    metrics: Vec<Metric>,
    params: Vec<Pair>,
    tags: Vec<Pair>,
}

/// One of metrics alone, as clients send it while they train.
#[derive(Deserialize)]
struct Usual<'a> {
    run_id: &'a str,
    #[serde(borrow)]
    metrics: Vec<metrics::Usual<'a>>,
    #[serde(default)]
    params: Vec<IgnoredAny>,
    #[serde(default)]
    tags: Vec<IgnoredAny>,
}

impl Batch {
    pub(super) fn of(body: &[u8]) -> Result<Self, Error> {
        Self::usual(body).map_or_else(|| Self::asked(&Asked::of_body(body)), Ok)
    }

    /// None if it is anything else, or anything is wrong.
    fn usual(body: &[u8]) -> Option<Self> {
        let Usual { run_id, metrics, params, tags } = serde_json::from_slice(body).ok()?;
        if run_id.is_empty() || !params.is_empty() || !tags.is_empty() {
            return None;
        }
        limits::check(metrics.len(), 0, 0).ok()?;
        let metrics = metrics.into_iter().map(metrics::Usual::metric).collect::<Option<_>>()?;
        Some(Self { run: run_id.to_owned(), metrics, params: Vec::new(), tags: Vec::new() })
    }

    fn asked(asked: &Asked) -> Result<Self, Error> {
        let run = asked.required("run_id")?;
        let (metrics, params, tags) = (asked.objects("metrics")?, asked.objects("params")?, asked.objects("tags")?);
        let at = |what: &'static str| move |number: usize| format!("{what}[{number}].");
        let numbered = |list: Vec<Asked>| list.into_iter().enumerate();
        // Their number is looked at when each is whole.
        let counts = (metrics.len(), params.len(), tags.len());
        let (metric, param, tag) = (at("metrics"), at("params"), at("tags"));
        let batch = Self {
            run,
            metrics: numbered(metrics).map(|(n, asked)| Metric::asked(&asked, &metric(n))).collect::<Result<_, _>>()?,
            params: numbered(params).map(|(n, asked)| Pair::param(&asked, &param(n))).collect::<Result<_, _>>()?,
            tags: numbered(tags).map(|(n, asked)| Pair::tag(&asked, &tag(n))).collect::<Result<_, _>>()?,
        };
        limits::check(counts.0, counts.1, counts.2)?;
        let mut seen = HashSet::new();
        let twice: Vec<&str> = batch.params.iter().map(|param| &*param.key).filter(|key| !seen.insert(*key)).collect();
        if !twice.is_empty() {
            let list = twice.iter().map(|key| format!("'{key}'")).collect::<Vec<_>>().join(", ");
            return Err(Error::invalid(format!(
                "Duplicate parameter keys have been submitted: [{list}]. Please ensure the request contains only one \
                 param value per param key."
            )));
        }
        Ok(batch)
    }

    pub(super) async fn log(self, shared: &Shared) -> Result<(), Error> {
        if self.params.is_empty() && self.tags.is_empty() {
            return metrics::keep(shared, self.run, self.metrics).await;
        }
        let mut tx = shared.write().await?;
        let run = active(&mut tx, &self.run).await?;
        log_params(&mut tx, &run, &self.params).await?;
        metrics::log(&mut tx, run.number, &self.metrics).await?;
        set_tags(&mut tx, &run, &self.tags).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What is told of it.
    pub(super) fn logged(&self) -> Logged {
        let (metrics, params, tags) = (self.metrics.len(), self.params.len(), self.tags.len());
        Logged::into_run(&self.run).and("metrics", metrics).and("params", params).and("tags", tags)
    }
}
