//! Metrics: what runs measure, step by step.
//!
//! Of each series (a run and a key) the latest point is a row of its own, to be searched and shown; its history is packed
//! in [chunks](chunk) of some hundred points, so that a billion of them take little more than their values.

pub(crate) mod http;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod metric;
pub(crate) mod tables;

mod chunk;
mod chunks;
mod history;
mod keys;
mod latest;
mod ledger;
mod point;
mod sample;
mod usual;
mod wire;

pub(crate) use chunks::read as unpack;
pub(crate) use latest::latest;
pub(crate) use ledger::{Clerk, Ledger};
pub(crate) use log::log;
pub(crate) use metric::Metric;
pub(crate) use point::Point;
pub(crate) use usual::Usual;

use crate::{Error, Shared, runs};

/// Keeps these of a run; returns when they are on the disk.
pub(crate) async fn keep(shared: &Shared, run_id: String, metrics: Vec<Metric>) -> Result<(), Error> {
    if metrics.iter().all(|metric| metric.model_id.is_none()) {
        return shared.ledger.log(run_id, metrics).await;
    }
    let mut tx = shared.write().await?;
    let run = runs::active(&mut tx, &run_id).await?;
    log(&mut tx, run.number, &metrics).await?;
    tx.commit().await?;
    Ok(())
}

/// A run, by its number, and a key, by its own.
type Series = (i64, i64);

/// Rows of one statement. Of a parameter SQLite's driver looks through all before it, so that many small statements cost less
/// than one large.
const ROWS: usize = 32;
