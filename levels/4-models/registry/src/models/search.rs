//! Searching models and versions: a filter and an order become one statement.

use strata_clause::parse;
use strata_database::Transaction;

use super::filter::{self, Fields};
use super::load::{complete, tag, versions};
use super::order::{self, Orders};
use super::prompt::IS_PROMPT;
use super::row::{MODEL_COLUMNS, Model, VERSION_COLUMNS, Version};
use super::stage::DELETED;
use crate::Error;
use crate::statement::Statement;

/// Which rows, in which order, and which of them.
#[derive(Debug)]
pub(crate) struct Search {
    statement: Statement,
    /// Columns, each with its direction, complete: no two rows are equal in it.
    order: String,
    limit: i64,
    offset: i64,
}

impl Search {
    /// Of models.
    pub(crate) fn models(filter: &str, order_by: &[String]) -> Result<Self, Error> {
        const PROMPTS: &str = "m.id NOT IN (SELECT t.model FROM registered_model_tags t WHERE t.key = ";
        let search = Self { statement: Statement::default(), order: String::new(), limit: 0, offset: 0 };
        search.asked(filter, &filter::MODELS, PROMPTS)?.ordered(order_by, order::MODELS, &[("m.name", "ASC")])
    }

    /// Of versions.
    pub(crate) fn versions(filter: &str, order_by: &[String]) -> Result<Self, Error> {
        // One version that is a prompt's makes all of its name a prompt's.
        const PROMPTS: &str = "v.model NOT IN (SELECT o.model FROM model_version_tags t JOIN model_versions o \
                               ON o.id = t.version WHERE t.key = ";
        const LAST: &[(&str, &str)] = &[("m.name", "ASC"), ("v.version", "DESC")];
        let mut search = Self { statement: Statement::default(), order: String::new(), limit: 0, offset: 0 };
        search.statement.and(format!("v.stage <> '{DELETED}'"));
        search.asked(filter, &filter::VERSIONS, PROMPTS)?.ordered(order_by, order::VERSIONS, LAST)
    }

    /// This many, from this one on.
    pub(crate) fn page(self, limit: i64, offset: i64) -> Self {
        Self { limit, offset, ..self }
    }

    fn asked(mut self, filter: &str, fields: &Fields, prompts: &str) -> Result<Self, Error> {
        if !filter::put(&mut self.statement, fields, &parse(filter)?)? {
            let key = self.statement.text(IS_PROMPT);
            self.statement.and(format!("{prompts}{key} AND t.value = 'true')"));
        }
        Ok(self)
    }

    fn ordered(self, order_by: &[String], orders: Orders, last: &[(&str, &str)]) -> Result<Self, Error> {
        Ok(Self { order: order::order(order_by, orders, last)?, ..self })
    }

    async fn rows(mut self, tx: &mut Transaction, head: &str) -> Result<Vec<strata_database::AnyRow>, Error> {
        let (limit, offset) = (self.statement.number(self.limit), self.statement.number(self.offset));
        let tail = format!("ORDER BY {} LIMIT {limit} OFFSET {offset}", self.order);
        self.statement.rows(tx, head, &tail).await
    }
}

/// Models, with all that hangs on them.
pub(crate) async fn models(tx: &mut Transaction, search: Search) -> Result<Vec<Model>, Error> {
    let rows = search.rows(tx, &format!("SELECT {MODEL_COLUMNS} FROM registered_models m")).await?;
    let mut models = rows.iter().map(Model::of).collect::<Result<Vec<_>, _>>()?;
    complete(tx, &mut models).await?;
    Ok(models)
}

/// Versions, with their tags.
pub(crate) async fn model_versions(tx: &mut Transaction, search: Search) -> Result<Vec<Version>, Error> {
    let head = format!("SELECT {VERSION_COLUMNS} FROM model_versions v JOIN registered_models m ON m.id = v.model");
    let mut found = versions(&search.rows(tx, &head).await?)?;
    tag(tx, &mut found).await?;
    Ok(found)
}
