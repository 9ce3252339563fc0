//! The tables, from the first version on. What was released is never changed, only followed.

use strata_database::Migration;

use crate::{
    access, evaluation_datasets, experiments, gateway, issues, logged_models, metrics, models, runs, scorers, traces,
    webhooks,
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "registered models", sql: models::tables::SQL },
    Migration { version: 2, name: "webhooks", sql: webhooks::tables::SQL },
    Migration { version: 3, name: "users", sql: access::tables::SQL },
    Migration { version: 4, name: "experiments", sql: experiments::tables::SQL },
    Migration { version: 5, name: "runs", sql: runs::tables::SQL },
    Migration { version: 6, name: "logged models", sql: logged_models::tables::SQL },
    Migration { version: 7, name: "traces", sql: traces::tables::SQL },
    Migration { version: 8, name: "metrics", sql: metrics::tables::SQL },
    Migration { version: 9, name: "issues", sql: issues::tables::SQL },
    Migration { version: 10, name: "scorers", sql: scorers::tables::SQL },
    Migration { version: 11, name: "runs by values", sql: runs::tables::BY_VALUE },
    Migration { version: 12, name: "evaluation datasets", sql: evaluation_datasets::tables::SQL },
    Migration { version: 13, name: "gateway", sql: gateway::tables::SQL },
];
