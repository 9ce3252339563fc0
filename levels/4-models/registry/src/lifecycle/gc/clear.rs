//! Doing what was planned.

use std::collections::BTreeSet;

use strata_artifacts::Artifacts;
use strata_audit::{Action, Entity};
use strata_database::{AssertSqlSafe, query_scalar};

use super::{Doomed, Plan, rows};
use crate::lifecycle::{Error, Progress, Store};

impl Store {
    /// Clears away what was planned; what was restored since stays. How many things went.
    pub async fn clear(&self, plan: &Plan, progress: Progress<'_>) -> Result<u64, Error> {
        let total = plan.things().count() as u64;
        let mut cleared = 0;
        let (artifacts, back) = (self.artifacts()?, self.restored(plan).await?);
        let stays = |thing: &Doomed| back.contains(&thing.id);
        // Nothing of an experiment that somebody brought back goes, for it came back with it.
        let things = plan.things().filter(|thing| !stays(thing)).count() as u64;
        for run in plan.runs.iter().filter(|run| !stays(run)) {
            remove(&artifacts, &run.artifacts).await?;
            let mut tx = self.write().await?;
            let gone = rows::run(&mut tx, &run.id).await?;
            tx.commit().await?;
            cleared += u64::from(gone);
            progress("clearing", cleared, total);
        }
        for model in plan.logged_models.iter().filter(|model| !stays(model)) {
            remove(&artifacts, &model.artifacts).await?;
            let mut tx = self.write().await?;
            rows::logged_model(&mut tx, &model.id).await?;
            tx.commit().await?;
            cleared += 1;
            progress("clearing", cleared, total);
        }
        for experiment in plan.experiments.iter().filter(|experiment| !stays(experiment)) {
            let Ok(id) = experiment.id.parse() else { continue };
            if self.is_its_own(id, &experiment.artifacts).await? {
                remove(&artifacts, &experiment.artifacts).await?;
            }
            let mut tx = self.write().await?;
            rows::experiment(&mut tx, id).await?;
            tx.commit().await?;
            cleared += 1;
            progress("clearing", cleared, total);
        }
        let entities = plan
            .experiments
            .iter()
            .map(|experiment| Entity::experiment(&experiment.id))
            .chain(plan.runs.iter().map(|run| Entity::run(&run.id)));
        let counts = [
            ("runs", plan.runs.len() as u64),
            ("experiments", plan.experiments.len() as u64),
            ("logged models", plan.logged_models.len() as u64),
            ("traces", plan.traces),
            ("restored since", total - things),
        ];
        self.record("registry gc", Action::Delete, entities, &counts).await?;
        Ok(cleared)
    }

    /// Those of the plan that are not deleted any more.
    async fn restored(&self, plan: &Plan) -> Result<BTreeSet<String>, Error> {
        let mut tx = self.read().await?;
        let mut back = BTreeSet::new();
        let active = "SELECT count(*) FROM experiments WHERE CAST(id AS TEXT) = $1 AND lifecycle_stage <> 'deleted'";
        for experiment in &plan.experiments {
            if query_scalar::<_, i64>(active).bind(&experiment.id).fetch_one(&mut *tx).await? > 0 {
                back.insert(experiment.id.clone());
                for sql in [
                    "SELECT id FROM runs WHERE CAST(experiment_id AS TEXT) = $1",
                    "SELECT id FROM logged_models WHERE CAST(experiment_id AS TEXT) = $1",
                ] {
                    back.extend(query_scalar::<_, String>(sql).bind(&experiment.id).fetch_all(&mut *tx).await?);
                }
            }
        }
        let active = "SELECT count(*) FROM runs WHERE id = $1 AND lifecycle_stage <> 'deleted'";
        for run in &plan.runs {
            if query_scalar::<_, i64>(active).bind(&run.id).fetch_one(&mut *tx).await? > 0 {
                back.insert(run.id.clone());
            }
        }
        Ok(back)
    }

    /// Whether nothing of another experiment lies at an experiment's place: experiments may be given the same one.
    async fn is_its_own(&self, id: i64, place: &str) -> Result<bool, Error> {
        let below = format!("{}/", place.trim_end_matches('/'));
        let mut tx = self.read().await?;
        for (table, column, owner) in [
            ("experiments", "artifact_location", "id"),
            ("runs", "artifact_uri", "experiment_id"),
            ("logged_models", "artifact_uri", "experiment_id"),
        ] {
            let sql = format!(
                "SELECT count(*) FROM {table} WHERE {owner} <> $1 AND substr({column} || '/', 1, length($2)) = $2"
            );
            let others: i64 = query_scalar(AssertSqlSafe(sql)).bind(id).bind(&below).fetch_one(&mut *tx).await?;
            if others > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Removes what lies at a place, if that is in this store; never the whole store.
async fn remove(artifacts: &Artifacts, place: &str) -> Result<(), Error> {
    match artifacts.locate(place) {
        Ok(path) if !path.is_root() => Ok(artifacts.remove(&path).await?),
        _ => Ok(()),
    }
}
