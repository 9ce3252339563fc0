//! Metrics, unpacked point by point.

use std::collections::HashMap;

use futures::TryStreamExt;
use strata_database::{Row, query};

use super::Export;
use crate::lifecycle::rows::{Rows, row};
use crate::lifecycle::{Error, Progress};
use crate::metrics::{Point, latest, unpack};

impl Export<'_> {
    pub(super) async fn metrics(&mut self, runs: &HashMap<i64, String>, progress: Progress<'_>) -> Result<(), Error> {
        let mut numbers: Vec<i64> = runs.keys().copied().collect();
        numbers.sort_unstable();
        let mut measured = latest(&mut self.from, &numbers).await?;
        let mut there = Rows::new("latest_metrics", "key, value, timestamp, step, is_nan, run_uuid", "");
        for number in &numbers {
            let Some(run) = runs.get(number) else { continue };
            for metric in measured.remove(number).unwrap_or_default() {
                let (value, is_nan) = value(&metric.point());
                let row = row![metric.key, value, metric.timestamp, metric.step, is_nan, run];
                there.push(&mut self.to, row).await?;
            }
        }
        there.flush(&mut self.to).await?;

        let mut there = Rows::new("metrics", "key, value, timestamp, step, is_nan, run_uuid", "");
        for number in &numbers {
            let Some(run) = runs.get(number) else { continue };
            let sql = "SELECT k.key, c.points FROM metric_chunks c JOIN metric_keys k ON k.id = c.key WHERE c.run = $1 \
                       ORDER BY c.key, c.first";
            let mut rows = query(sql).bind(*number).fetch(&mut *self.from);
            let mut count = 0;
            while let Some(row) = rows.try_next().await? {
                let key: String = row.try_get(0)?;
                let mut points = Vec::new();
                unpack(row.try_get(1)?, &mut points)?;
                for point in &points {
                    let (value, is_nan) = value(point);
                    let row = row![&key, value, point.timestamp, point.step, is_nan, run];
                    there.push(&mut self.to, row).await?;
                }
                count += points.len() as u64;
            }
            drop(rows);
            self.exported.metric_points += count;
            self.tell(progress, count);
        }
        there.flush(&mut self.to).await?;
        Ok(())
    }
}

/// MLflow keeps a 0 and a mark for what is not a number.
fn value(point: &Point) -> (f64, bool) {
    (point.number().unwrap_or(0.0), point.number().is_none())
}
