//! SQL over every table.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use deltalake::DeltaTableError;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::{Error, Lakehouse};

/// Memory that one query may take before it spills or is refused.
const QUERY_MEMORY: usize = 1 << 30;

/// A named query over tables; it is there when all of its tables are.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The name in SQL.
    pub name: &'static str,
    /// The tables that it reads.
    pub needs: &'static [&'static str],
    /// The query.
    pub sql: &'static str,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows.
    pub batches: Vec<RecordBatch>,
}

impl Rows {
    /// The whole number in a column of the first row; `None` where there is no row, or no whole number in it.
    pub fn number(&self, column: usize) -> Option<i64> {
        let batch = self.batches.iter().find(|batch| batch.num_rows() > 0)?;
        let numbers = batch.columns().get(column)?.as_primitive_opt::<Int64Type>()?;
        numbers.is_valid(0).then(|| numbers.value(0))
    }
}

impl Lakehouse {
    /// Answers one SQL query over the tables as of now. Nothing can be changed through it.
    pub fn query<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, Result<Rows, Error>> {
        self.answer(sql).boxed()
    }

    async fn answer(&self, sql: &str) -> Result<Rows, Error> {
        let refused = |cause| Error::Query(Box::new(cause));
        let context = self.session().await?;
        let options = datafusion::prelude::SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        let frame = context.sql_with_options(sql, options).await.map_err(refused)?;
        let schema = Arc::clone(frame.schema().inner());
        let batches = frame.collect().await.map_err(refused)?;
        Ok(Rows { schema, batches })
    }

    async fn session(&self) -> Result<SessionContext, Error> {
        let refused = |cause| Error::Query(Box::new(cause));
        let config = SessionConfig::new()
            .with_information_schema(true)
            .set_bool("datafusion.execution.parquet.pushdown_filters", true);
        let runtime = RuntimeEnvBuilder::new().with_memory_limit(QUERY_MEMORY, 1.0).build_arc().map_err(refused)?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        let names = self.names().await?;
        for name in &names {
            let load = async {
                let mut table = self.root.delta(name)?;
                table.load().await?;
                table.update_datafusion_session(&context.state())?;
                Ok::<_, DeltaTableError>(table)
            };
            let table = load.await.map_err(|cause| Error::Delta { table: name.clone(), cause: cause.into() })?;
            let provider = table.table_provider().build().await.map_err(refused)?;
            context.register_table(name, Arc::new(provider)).map_err(refused)?;
        }
        for view in &self.views {
            if view.needs.iter().all(|table| names.iter().any(|name| name == table)) {
                let frame = context.sql(view.sql).await.map_err(refused)?;
                context.register_table(view.name, frame.into_view()).map_err(refused)?;
            }
        }
        Ok(context)
    }
}
