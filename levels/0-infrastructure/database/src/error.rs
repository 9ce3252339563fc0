//! Why a database cannot be used.

use std::path::PathBuf;
use std::sync::Arc;

/// What went wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no kind of database.
    #[error("`{scheme}` is no database; give sqlite:///FILE or postgres://USER:PASSWORD@HOST/DATABASE")]
    Scheme {
        /// What stands before the colon; the rest may hold a password and is not shown.
        scheme: String,
    },
    /// The database cannot be opened.
    #[error("cannot open the database {location}: {cause}")]
    Open {
        /// The file or server.
        location: String,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Migrations do not have the versions 1, 2, 3, ...: a mistake in Strata.
    #[error("the migration {name} has version {version}, not {expected}")]
    Order {
        /// Its name.
        name: &'static str,
        /// Its version.
        version: i64,
        /// What it should be.
        expected: i64,
    },
    /// A newer Strata has been here.
    #[error(
        "the database {location} has version {there}, and this Strata knows {known}: run a newer one, or restore a backup"
    )]
    Newer {
        /// The file or server.
        location: String,
        /// The version of its tables.
        there: i64,
        /// The last version known here.
        known: i64,
    },
    /// What was applied is not what this Strata would apply.
    #[error(
        "migration {version} ({name}) of the database {location} was another one when it was applied: run the Strata that made it"
    )]
    Changed {
        /// The file or server.
        location: String,
        /// The version.
        version: i64,
        /// Its name here.
        name: String,
    },
    /// The copy that is made before migrating could not be made; nothing was changed.
    #[error("cannot copy the database to {} before migrating it: {cause}", path.display())]
    Backup {
        /// Where the copy should be.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A copy could not be made.
    #[error("cannot copy the database to {}: {cause}", path.display())]
    Copy {
        /// Where the copy should be.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A migration failed; all that were to be applied with it were undone.
    #[error("migration {version} ({name}) of the database {location} failed, and nothing was changed: {cause}")]
    Migration {
        /// The file or server.
        location: String,
        /// The version.
        version: i64,
        /// Its name.
        name: &'static str,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// A transaction could not be begun.
    #[error("cannot begin to {action} in the database {location}: {cause}")]
    Begin {
        /// `read` or `write`.
        action: &'static str,
        /// The file or server.
        location: String,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// What was done in a transaction was undone.
    #[error("cannot commit to the database {location}: {cause}")]
    Commit {
        /// The file or server.
        location: String,
        /// Why; the same for all whose turns were in that transaction.
        #[source]
        cause: Arc<sqlx::Error>,
    },
    /// Nobody gives turns at writing any more: the process ends.
    #[error("nothing is written to the database {location} any more")]
    Ended {
        /// The file or server.
        location: String,
    },
}
