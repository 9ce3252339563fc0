//! Chunks in the database.

use std::collections::BTreeMap;

use strata_database::{AssertSqlSafe, Row, Transaction, query};

use super::point::Point;
use super::{ROWS, Series, chunk};
use crate::Error;
use crate::statement::placeholders;

/// New points of a series, in order.
pub(super) type New<'a> = (Series, &'a [Point]);
/// The chunks of series, by what they begin with.
type Chunks = BTreeMap<Series, BTreeMap<Vec<u8>, Vec<Point>>>;

/// Adds points, each once.
pub(super) async fn add(tx: &mut Transaction, new: &[New<'_>]) -> Result<(), Error> {
    let mut chunks = touched(tx, new).await?;
    let mut written = Vec::new();
    for (series, points) in new {
        let mut olds = chunks.remove(series).unwrap_or_default();
        // The first chunk holds all that is before the second.
        olds.entry(Vec::new()).or_default();
        let mut rest = *points;
        while let Some(start) = rest.first() {
            let at = start.bytes();
            let mut from = olds.range(at.clone()..).filter(|(first, _)| **first != at);
            let until = from.next().map(|(first, _)| first.clone());
            let count = until.map_or(rest.len(), |until| rest.partition_point(|point| point.bytes() < until));
            let (here, after) = rest.split_at(count.max(1));
            rest = after;
            let Some((first, old)) = olds.range(..=at).next_back() else { break };
            let was = old.len();
            let pieces = chunk::join(old.clone(), here);
            if pieces.iter().map(Vec::len).sum::<usize>() == was {
                continue;
            }
            for (number, piece) in pieces.into_iter().enumerate() {
                let first = match piece.first() {
                    Some(point) if number > 0 => point.bytes(),
                    _ => first.clone(),
                };
                written.push((*series, first, piece));
            }
        }
    }
    put(tx, &written).await
}

/// The chunks of these series in which new points belong.
async fn touched(tx: &mut Transaction, new: &[New<'_>]) -> Result<Chunks, Error> {
    let mut chunks = Chunks::new();
    for new in new.chunks(ROWS) {
        let sql = format!(
            "WITH wanted (run, key, low, high) AS (VALUES {}) SELECT c.run, c.key, c.first, c.points \
             FROM wanted w JOIN metric_chunks c ON c.run = w.run AND c.key = w.key AND c.first <= w.high AND c.first >= \
             (SELECT d.first FROM metric_chunks d WHERE d.run = w.run AND d.key = w.key AND d.first <= w.low \
             ORDER BY d.first DESC LIMIT 1)",
            placeholders(new.len(), 4)
        );
        let mut question = query(AssertSqlSafe(sql));
        for ((run, key), points) in new {
            let end = |point: Option<&Point>| point.map(Point::bytes).unwrap_or_default();
            question = question.bind(*run).bind(*key).bind(end(points.first())).bind(end(points.last()));
        }
        for row in question.fetch_all(&mut **tx).await? {
            let mut points = Vec::new();
            read(&row.try_get::<Vec<u8>, _>(3)?, &mut points)?;
            chunks.entry((row.try_get(0)?, row.try_get(1)?)).or_default().insert(row.try_get(2)?, points);
        }
    }
    Ok(chunks)
}

async fn put(tx: &mut Transaction, chunks: &[(Series, Vec<u8>, Vec<Point>)]) -> Result<(), Error> {
    for chunks in chunks.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO metric_chunks (run, key, first, count, points) VALUES {} \
             ON CONFLICT (run, key, first) DO UPDATE SET count = excluded.count, points = excluded.points",
            placeholders(chunks.len(), 5)
        );
        let mut statement = query(AssertSqlSafe(sql));
        for ((run, key), first, points) in chunks {
            statement = statement.bind(run).bind(key).bind(first.clone());
            statement = statement.bind(points.len() as i64).bind(chunk::pack(points));
        }
        statement.execute(&mut **tx).await?;
    }
    Ok(())
}

/// Unpacks a chunk.
pub(crate) fn read(bytes: &[u8], points: &mut Vec<Point>) -> Result<(), Error> {
    chunk::unpack(bytes, points).ok_or_else(|| Error::internal("points of a metric are not as they were written"))
}
