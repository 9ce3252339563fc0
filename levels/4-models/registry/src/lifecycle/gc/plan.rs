//! What would go, and what should be known before.

use std::collections::BTreeSet;

use strata_database::{AnyRow, AssertSqlSafe, Row, SqlError, query, query_scalar};

use super::{Doomed, Plan, Which};
use crate::lifecycle::{Error, Store};

/// A kind of thing that is deleted before it is cleared away.
struct Kind {
    /// What people call one.
    word: &'static str,
    table: &'static str,
    /// Its id as text, its name, the place of its artifacts, and when it was deleted.
    columns: &'static str,
    deleted: &'static str,
    id: &'static str,
    time: &'static str,
}

const RUN: Kind = Kind {
    word: "run",
    table: "runs",
    columns: "id, name, artifact_uri",
    deleted: "lifecycle_stage = 'deleted'",
    id: "id",
    time: "coalesce(deleted_at, 0)",
};
const EXPERIMENT: Kind = Kind {
    word: "experiment",
    table: "experiments",
    columns: "CAST(id AS TEXT), name, artifact_location",
    deleted: "lifecycle_stage = 'deleted'",
    id: "CAST(id AS TEXT)",
    time: "updated_at",
};
const LOGGED_MODEL: Kind = Kind {
    word: "logged model",
    table: "logged_models",
    columns: "id, name, artifact_uri",
    deleted: "deleted = 1",
    id: "id",
    time: "updated_at",
};

impl Store {
    /// What would go. Refused: what is named and was not deleted, or not long enough ago.
    pub async fn plan(&self, which: &Which) -> Result<Plan, Error> {
        let age = i64::try_from(which.older_than.as_millis()).unwrap_or(i64::MAX);
        let until = self.now().saturating_sub(age);
        let named = [&which.run_ids, &which.experiment_ids, &which.logged_model_ids];
        let all = named.iter().all(|ids| ids.is_empty());
        let mut found = Vec::new();
        for (kind, ids) in [RUN, EXPERIMENT, LOGGED_MODEL].iter().zip(named) {
            found.push(if all { self.deleted(kind, until).await? } else { self.named(kind, ids, until).await? });
        }
        let (logged_models, experiments) = (found.pop().unwrap_or_default(), found.pop().unwrap_or_default());
        let runs = found.pop().unwrap_or_default();
        let mut plan = Plan { runs, experiments, logged_models, ..Plan::default() };
        self.within(&mut plan).await?;
        self.versions(&mut plan).await?;
        let artifacts = self.artifacts()?;
        plan.artifacts_elsewhere =
            plan.things().filter(|thing| artifacts.locate(&thing.artifacts).is_err()).count() as u64;
        Ok(plan)
    }

    async fn deleted(&self, kind: &Kind, until: i64) -> Result<Vec<Doomed>, Error> {
        let Kind { table, columns, deleted, id, time, .. } = kind;
        let sql = format!("SELECT {columns} FROM {table} WHERE {deleted} AND {time} <= $1 ORDER BY {id}");
        let mut tx = self.read().await?;
        doomed(&query(AssertSqlSafe(sql)).bind(until).fetch_all(&mut *tx).await?)
    }

    async fn named(&self, kind: &Kind, ids: &[String], until: i64) -> Result<Vec<Doomed>, Error> {
        let Kind { word, table, columns, deleted, id: key, time } = kind;
        let mut tx = self.read().await?;
        let mut found = Vec::new();
        for id in ids.iter().collect::<BTreeSet<_>>() {
            let state = format!("CASE WHEN NOT ({deleted}) THEN 1 WHEN {time} > $2 THEN 2 ELSE 0 END");
            let sql = format!("SELECT {columns}, {state} FROM {table} WHERE {key} = $1");
            let row = query(AssertSqlSafe(sql)).bind(id).bind(until).fetch_optional(&mut *tx).await?;
            let Some(row) = row else { return Err(Error::Refused(format!("there is no {word} {id}"))) };
            match row.try_get::<i64, _>(3)? {
                0 => found.extend(doomed(std::slice::from_ref(&row))?),
                1 => return Err(Error::Refused(format!("the {word} {id} is not deleted: delete it first"))),
                _ => return Err(Error::Refused(format!("the {word} {id} was not deleted so long ago"))),
            }
        }
        Ok(found)
    }

    /// What is in the experiments.
    async fn within(&self, plan: &mut Plan) -> Result<(), Error> {
        let mut tx = self.read().await?;
        for experiment in &plan.experiments {
            for (kind, list) in [(&RUN, &mut plan.runs), (&LOGGED_MODEL, &mut plan.logged_models)] {
                let Kind { table, columns, .. } = kind;
                let sql = format!("SELECT {columns} FROM {table} WHERE CAST(experiment_id AS TEXT) = $1 ORDER BY id");
                let rows = query(AssertSqlSafe(sql)).bind(&experiment.id).fetch_all(&mut *tx).await?;
                let known: BTreeSet<String> = list.iter().map(|thing| thing.id.clone()).collect();
                list.extend(doomed(&rows)?.into_iter().filter(|thing| !known.contains(&thing.id)));
            }
            let sql = "SELECT count(*) FROM traces WHERE CAST(experiment_id AS TEXT) = $1";
            let count: i64 = query_scalar(sql).bind(&experiment.id).fetch_one(&mut *tx).await?;
            plan.traces += count.unsigned_abs();
        }
        Ok(())
    }

    /// The versions that came from what would go.
    async fn versions(&self, plan: &mut Plan) -> Result<(), Error> {
        let mut tx = self.read().await?;
        let sql = "SELECT m.name, v.version, v.run_id, v.storage FROM model_versions v \
                   JOIN registered_models m ON m.id = v.model WHERE v.stage <> 'Deleted_Internal' \
                   ORDER BY m.name, v.version";
        let runs: BTreeSet<&str> = plan.runs.iter().map(|run| run.id.as_str()).collect();
        let mut versions = Vec::new();
        for row in query(sql).fetch_all(&mut *tx).await? {
            let run: Option<String> = row.try_get(2)?;
            let place: String = row.try_get(3)?;
            let is_within = |thing: &Doomed| !thing.artifacts.is_empty() && place.starts_with(&thing.artifacts);
            if run.is_some_and(|run| runs.contains(run.as_str())) || plan.things().any(is_within) {
                versions.push(format!("{} {}", row.try_get::<String, _>(0)?, row.try_get::<i64, _>(1)?));
            }
        }
        plan.model_versions = versions;
        Ok(())
    }
}

fn doomed(rows: &[AnyRow]) -> Result<Vec<Doomed>, Error> {
    let one = |row: &AnyRow| {
        Ok::<_, SqlError>(Doomed { id: row.try_get(0)?, name: row.try_get(1)?, artifacts: row.try_get(2)? })
    };
    Ok(rows.iter().map(one).collect::<Result<_, _>>()?)
}
