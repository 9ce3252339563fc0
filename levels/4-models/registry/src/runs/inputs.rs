//! The datasets that runs worked with.

use std::collections::HashMap;

use serde_json::{Value, json};
use strata_database::{AnyRow, Row, SqlError, Transaction, query};

use super::pair::Pair;
use super::run::Run;
use crate::statement::Statement;
use crate::{Asked, Error};

/// A dataset with what the run says of its part in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    name: String,
    digest: String,
    source_type: String,
    source: String,
    schema: Option<String>,
    profile: Option<String>,
    pub(crate) tags: Vec<Pair>,
}

/// What a field may hold, by its name.
const LENGTHS: [(&str, usize); 6] = [
    ("name", 500),
    ("digest", 36),
    ("source_type", 36),
    ("source", 65_535),
    ("schema", 1_048_575),
    ("profile", 16_777_215),
];
const TAG_LENGTHS: [(&str, usize); 2] = [("key", 255), ("value", 500)];

impl Input {
    /// Of a request, where it stands at `path`.
    pub(crate) fn of(asked: &Asked, path: &str) -> Result<Self, Error> {
        let missing = |name: &str| Error::missing(&format!("{path}.{name}"));
        let dataset = asked.object("dataset")?.ok_or_else(|| missing("dataset"))?;
        for (name, length) in LENGTHS {
            check(&dataset, &format!("{path}.dataset"), name, length)?;
        }
        let field = |name: &str| Ok::<_, Error>(dataset.text(name)?.filter(|text| !text.is_empty()));
        let needed = |name: &str| field(name)?.ok_or_else(|| missing(&format!("dataset.{name}")));
        let mut tags: Vec<Pair> = Vec::new();
        for (number, tag) in asked.objects("tags")?.iter().enumerate() {
            let path = format!("{path}.tags[{number}]");
            for (name, length) in TAG_LENGTHS {
                check(tag, &path, name, length)?;
            }
            let key = tag.text("key")?.filter(|key| !key.is_empty());
            let key = key.ok_or_else(|| Error::missing(&format!("{path}.key")))?;
            tags.push(Pair { key, value: tag.text("value")?.unwrap_or_default() });
        }
        Ok(Self {
            name: needed("name")?,
            digest: needed("digest")?,
            source_type: needed("source_type")?,
            source: needed("source")?,
            schema: field("schema")?,
            profile: field("profile")?,
            tags,
        })
    }

    /// Of the third to the eighth column of a row; what the run says of it is added later.
    pub(crate) fn of_row(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            name: row.try_get(2)?,
            digest: row.try_get(3)?,
            source_type: row.try_get(4)?,
            source: row.try_get(5)?,
            schema: row.try_get(6)?,
            profile: row.try_get(7)?,
            tags: Vec::new(),
        })
    }

    fn to_json(&self) -> Value {
        let mut dataset = json!({
            "name": self.name, "digest": self.digest, "source_type": self.source_type, "source": self.source,
        });
        for (name, text) in [("schema", &self.schema), ("profile", &self.profile)] {
            if let Some(text) = text {
                dataset[name] = text.clone().into();
            }
        }
        let mut input = json!({ "dataset": dataset });
        if !self.tags.is_empty() {
            input["tags"] = self.tags.iter().map(Pair::to_json).collect();
        }
        input
    }
}

fn check(asked: &Asked, path: &str, name: &str, length: usize) -> Result<(), Error> {
    if asked.text(name)?.is_some_and(|text| text.chars().count() > length) {
        let message = format!("'{path}.{name}' exceeds the maximum length of {length} characters");
        return Err(Error::invalid(message));
    }
    Ok(())
}

/// A run worked with these. A dataset is known by its name and digest within an experiment; a run has each once.
pub(crate) async fn log(tx: &mut Transaction, run: &Run, inputs: &[Input]) -> Result<(), Error> {
    for input in inputs {
        let sql = "INSERT INTO datasets (experiment_id, name, digest, source_type, source, schema, profile) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (experiment_id, name, digest) DO NOTHING";
        query(sql)
            .bind(run.experiment_id)
            .bind(&input.name)
            .bind(&input.digest)
            .bind(&input.source_type)
            .bind(&input.source)
            .bind(input.schema.as_deref())
            .bind(input.profile.as_deref())
            .execute(&mut **tx)
            .await?;
        let sql = "INSERT INTO run_datasets (run, dataset) SELECT $1, number FROM datasets \
                   WHERE experiment_id = $2 AND name = $3 AND digest = $4 \
                   ON CONFLICT (run, dataset) DO NOTHING RETURNING number";
        let question = query(sql).bind(run.number).bind(run.experiment_id).bind(&input.name).bind(&input.digest);
        // What the run said of it the first time stands.
        let Some(row) = question.fetch_optional(&mut **tx).await? else { continue };
        let number: i64 = row.try_get(0)?;
        for tag in &input.tags {
            let sql = "INSERT INTO run_dataset_tags (input, key, value) VALUES ($1, $2, $3) \
                       ON CONFLICT (input, key) DO UPDATE SET value = excluded.value";
            query(sql).bind(number).bind(&tag.key).bind(&tag.value).execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// `DatasetInput` on the wire, of runs, by the number of the run.
pub(crate) async fn of(tx: &mut Transaction, runs: &[i64]) -> Result<HashMap<i64, Vec<Value>>, Error> {
    let mut statement = Statement::default();
    let runs = statement.numbers(runs);
    statement.and(format!("i.run IN ({runs})"));
    let head = "SELECT i.run, i.number, d.name, d.digest, d.source_type, d.source, d.schema, d.profile, t.key, t.value \
                FROM run_datasets i JOIN datasets d ON d.number = i.dataset \
                LEFT JOIN run_dataset_tags t ON t.input = i.number";
    let mut inputs: Vec<(i64, i64, Input)> = Vec::new();
    for row in statement.rows(tx, head, "ORDER BY i.number, t.key").await? {
        let (run, number): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        if inputs.last().is_none_or(|(_, last, _)| *last != number) {
            inputs.push((run, number, Input::of_row(&row)?));
        }
        if let (Some((.., input)), Some(key)) = (inputs.last_mut(), row.try_get::<Option<String>, _>(8)?) {
            input.tags.push(Pair { key, value: row.try_get(9)? });
        }
    }
    let mut found: HashMap<i64, Vec<Value>> = HashMap::new();
    for (run, _, input) in inputs {
        found.entry(run).or_default().push(input.to_json());
    }
    Ok(found)
}

/// Datasets that are listed at most.
const MOST: i64 = 1_000;

/// `DatasetSummary` on the wire, of experiments: each dataset with each context that it was used in.
pub(crate) async fn summaries(tx: &mut Transaction, experiments: &[i64]) -> Result<Vec<Value>, Error> {
    let mut statement = Statement::default();
    let experiments = statement.numbers(experiments);
    statement.and(format!("d.experiment_id IN ({experiments}) AND r.lifecycle_stage = 'active'"));
    let limit = statement.number(MOST);
    let head = "SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value FROM datasets d \
                JOIN run_datasets i ON i.dataset = d.number JOIN runs r ON r.number = i.run \
                LEFT JOIN run_dataset_tags t ON t.input = i.number AND t.key = 'mlflow.data.context'";
    let rows = statement.rows(tx, head, &format!("ORDER BY 1, 2, 3, 4 LIMIT {limit}")).await?;
    let summary = |row: &AnyRow| {
        let mut summary = json!({
            "experiment_id": row.try_get::<i64, _>(0)?.to_string(),
            "name": row.try_get::<String, _>(1)?,
            "digest": row.try_get::<String, _>(2)?,
        });
        if let Some(context) = row.try_get::<Option<String>, _>(3)? {
            summary["context"] = context.into();
        }
        Ok::<_, SqlError>(summary)
    };
    Ok(rows.iter().map(summary).collect::<Result<_, _>>()?)
}
