//! Keeping what runs measure.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use strata_database::Transaction;

use super::latest::{self, Latest};
use super::point::Point;
use super::{Metric, Series, chunks, keys};
use crate::Error;
use crate::logged_models::measured;

/// Keeps these for a run, by its number, each once: in as many statements for a thousand as for one.
pub(crate) async fn log(tx: &mut Transaction, run: i64, metrics: &[Metric]) -> Result<(), Error> {
    all(tx, &metrics.iter().map(|metric| (run, metric)).collect::<Vec<_>>()).await?;
    measured::log(tx, run, metrics).await
}

/// Keeps these for their runs, but not for logged models.
pub(super) async fn all(tx: &mut Transaction, measured: &[(i64, &Metric)]) -> Result<(), Error> {
    // Statements have an end.
    for part in measured.chunks(1000) {
        log_part(tx, part).await?;
    }
    Ok(())
}

async fn log_part(tx: &mut Transaction, measured: &[(i64, &Metric)]) -> Result<(), Error> {
    let mut named: Vec<(i64, &str)> = Vec::new();
    let mut points_of: HashMap<(i64, &str), Vec<Point>> = HashMap::new();
    for (run, metric) in measured {
        match points_of.entry((*run, &metric.key)) {
            Entry::Occupied(mut series) => series.get_mut().push(metric.point()),
            Entry::Vacant(series) => {
                named.push(*series.key());
                series.insert(vec![metric.point()]);
            }
        }
    }
    let mut texts: Vec<&str> = named.iter().map(|(_, key)| *key).collect();
    texts.sort_unstable();
    texts.dedup();
    let numbers = keys::numbers(tx, &texts).await?;

    let mut order: Vec<Series> = Vec::with_capacity(named.len());
    let mut points: HashMap<Series, Vec<Point>> = HashMap::new();
    for (run, key) in named {
        let number = numbers.get(key).ok_or_else(|| Error::internal("a key has no number"))?;
        let mut of = points_of.remove(&(run, key)).unwrap_or_default();
        of.sort_unstable();
        order.push((run, *number));
        points.insert((run, *number), of);
    }

    keep_latest(tx, &order, &points).await?;
    let new: Vec<_> = order.iter().filter_map(|series| Some((*series, points.get(series)?.as_slice()))).collect();
    chunks::add(tx, &new).await
}

async fn keep_latest(
    tx: &mut Transaction,
    order: &[Series],
    points: &HashMap<Series, Vec<Point>>,
) -> Result<(), Error> {
    let known = latest::of(tx, order).await?;
    let mut runs: Vec<i64> = order.iter().filter(|series| !known.contains_key(series)).map(|(run, _)| *run).collect();
    runs.sort_unstable();
    runs.dedup();
    let mut counts = if runs.is_empty() { HashMap::new() } else { latest::counts(tx, &runs).await? };

    let mut changed = Vec::new();
    for series in order {
        let new = points.get(series).into_iter().flatten();
        let Some(last) = new.copied().reduce(|one, other| if other.is_after(&one) { other } else { one }) else {
            continue;
        };
        match known.get(series) {
            Some(latest) if last.is_after(&latest.point) => changed.push((*series, Latest { point: last, ..*latest })),
            Some(_) => {}
            None => {
                let count = counts.entry(series.0).or_insert(0);
                changed.push((*series, Latest { place: *count, point: last }));
                *count += 1;
            }
        }
    }
    latest::put(tx, &changed).await
}
