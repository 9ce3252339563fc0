//! Experiments and their tags.

use strata_database::{Row, Transaction, query, query_scalar};

use super::Import;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

/// One of MLflow's.
struct Theirs {
    id: i64,
    name: String,
    location: String,
    stage: String,
    created_at: i64,
    updated_at: i64,
}

impl Import<'_> {
    pub(super) async fn experiments(&mut self) -> Result<(), Error> {
        let sql = "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time \
                   FROM experiments WHERE workspace = $1 ORDER BY experiment_id";
        let mut from = self.source.read().await?;
        let mut theirs = Vec::new();
        for row in query(sql).bind(self.workspace.to_owned()).fetch_all(&mut *from).await? {
            let created_at = row.try_get::<Option<i64>, _>(4)?.unwrap_or(0);
            theirs.push(Theirs {
                id: row.try_get(0)?,
                name: row.try_get(1)?,
                location: row.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
                stage: row.try_get::<Option<String>, _>(3)?.unwrap_or_else(|| "active".to_owned()),
                created_at,
                updated_at: row.try_get::<Option<i64>, _>(5)?.unwrap_or(created_at),
            });
        }
        let mut tx = self.store.write().await?;
        for experiment in theirs {
            let (id, name, here) =
                (experiment.id, experiment.name.clone(), self.experiment(&mut tx, experiment).await?);
            self.experiments.insert(id, here);
            if id != here {
                self.imported.notes.push(format!("experiment {id} ({name}) has the number {here} here"));
            }
            self.imported.experiments += 1;
        }
        self.store.database.number_on(&mut tx, "experiments", "id").await?;
        let mut tags = Rows::replacing("experiment_tags", "experiment, key, value", "experiment, key");
        let sql = "SELECT t.experiment_id, t.key, t.value FROM experiment_tags t JOIN experiments e \
                   ON e.experiment_id = t.experiment_id WHERE e.workspace = $1";
        for row in query(sql).bind(self.workspace.to_owned()).fetch_all(&mut *from).await? {
            let Some(here) = self.experiments.get(&row.try_get(0)?) else { continue };
            let (key, value): (String, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
            tags.push(&mut tx, row![*here, key, value.unwrap_or_default()]).await?;
        }
        tags.flush(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The number that it has here. One of its name is the same one, and keeps its own place; but the first, which is made
    /// with the store, becomes MLflow's as long as nothing is in it.
    async fn experiment(&mut self, tx: &mut Transaction, theirs: Theirs) -> Result<i64, Error> {
        let sql = "SELECT id FROM experiments WHERE name = $1";
        let known: Option<i64> = query_scalar(sql).bind(&theirs.name).fetch_optional(&mut **tx).await?;
        let location = self.places.own(theirs.location);
        if let Some(here) = known {
            if here == 0 && is_empty(tx, here).await? {
                let sql = "UPDATE experiments SET artifact_location = $2, lifecycle_stage = $3, created_at = $4, \
                           updated_at = $5 WHERE id = $1";
                let update = query(sql).bind(here).bind(location).bind(theirs.stage);
                update.bind(theirs.created_at).bind(theirs.updated_at).execute(&mut **tx).await?;
            }
            return Ok(here);
        }
        let sql = "SELECT id FROM experiments WHERE id = $1";
        let taken = query(sql).bind(theirs.id).fetch_optional(&mut **tx).await?.is_some();
        let columns = "name, artifact_location, lifecycle_stage, created_at, updated_at";
        if taken {
            self.store.database.number_on(tx, "experiments", "id").await?;
            let sql = "INSERT INTO experiments (name, artifact_location, lifecycle_stage, created_at, updated_at) \
                       VALUES ($1, $2, $3, $4, $5) RETURNING id";
            let insert = query_scalar(sql).bind(theirs.name).bind(location).bind(theirs.stage);
            return Ok(insert.bind(theirs.created_at).bind(theirs.updated_at).fetch_one(&mut **tx).await?);
        }
        let mut rows = Rows::new("experiments", &format!("id, {columns}"), "");
        let row = row![theirs.id, theirs.name, location, theirs.stage, theirs.created_at, theirs.updated_at];
        rows.push(tx, row).await?;
        rows.flush(tx).await?;
        Ok(theirs.id)
    }
}

async fn is_empty(tx: &mut Transaction, id: i64) -> Result<bool, Error> {
    let sql = "SELECT (SELECT count(*) FROM runs WHERE experiment_id = $1) + \
               (SELECT count(*) FROM logged_models WHERE experiment_id = $1) + \
               (SELECT count(*) FROM traces WHERE experiment_id = $1)";
    Ok(query_scalar::<_, i64>(sql).bind(id).fetch_one(&mut **tx).await? == 0)
}
