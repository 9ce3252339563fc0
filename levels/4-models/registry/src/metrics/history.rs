//! Reading the history of a series.

use strata_database::{Row, Transaction, query};

use super::chunks;
use super::point::Point;
use crate::Error;

/// At most `limit` points of a run's key, in the order of their times, after as many as `offset`.
pub(super) async fn page(
    tx: &mut Transaction,
    run_id: &str,
    key: &str,
    offset: i64,
    limit: i64,
) -> Result<Vec<Point>, Error> {
    let sql = "SELECT c.first, c.count FROM metric_chunks c WHERE \
               c.run = (SELECT number FROM runs WHERE id = $1) AND \
               c.key = (SELECT id FROM metric_keys WHERE key = $2) ORDER BY c.first";
    let (mut before, mut skipped, mut range) = (0, 0, None::<(Vec<u8>, Vec<u8>)>);
    for row in query(sql).bind(run_id).bind(key).fetch_all(&mut **tx).await? {
        let count: i64 = row.try_get(1)?;
        if before + count > offset && before < offset.saturating_add(limit) {
            let first: Vec<u8> = row.try_get(0)?;
            match &mut range {
                None => {
                    skipped = before;
                    range = Some((first.clone(), first));
                }
                Some((_, last)) => *last = first,
            }
        }
        before += count;
    }
    let Some((first, last)) = range else { return Ok(Vec::new()) };

    let sql = "SELECT c.points FROM metric_chunks c WHERE \
               c.run = (SELECT number FROM runs WHERE id = $1) AND \
               c.key = (SELECT id FROM metric_keys WHERE key = $2) AND c.first >= $3 AND c.first <= $4 \
               ORDER BY c.first";
    let mut points = Vec::new();
    for row in query(sql).bind(run_id).bind(key).bind(first).bind(last).fetch_all(&mut **tx).await? {
        chunks::read(row.try_get(0)?, &mut points)?;
    }
    points.drain(..((offset - skipped) as usize).min(points.len()));
    points.truncate(limit as usize);
    Ok(points)
}

/// All points of a run's key.
pub(super) async fn whole(tx: &mut Transaction, run_id: &str, key: &str) -> Result<Vec<Point>, Error> {
    page(tx, run_id, key, 0, i64::MAX).await
}
