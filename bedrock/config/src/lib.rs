//! Layers, checks and prints the configuration.
//!
//! Four layers, the later ones win: the defaults in `config/strata.toml`, which are also the
//! documentation; the user's file; the environment, `STRATA_LEVEL__KEY`; the command line. They are
//! merged raw, key by key with where each came from, and checked before anything else runs: an
//! unknown key is an error that names the nearest known one, because a setting that is silently
//! ignored is a setting that lies (fault 40: gates in the configuration that nothing read).
//!
//! Nothing here reads the process's environment: the caller passes it in.
//!
//! ```
//! use strata_config::{Layers, load};
//! let config = load(&Layers::default().env([("STRATA_SERVING__PORT", "8001")]))?;
//! assert_eq!(config.serving.port, 8001);
//! # Ok::<(), strata_config::Error>(())
//! ```

mod sections;
pub use sections::{Cluster, Features, FirstHistory, Infrastructure, Ingestion, Labels, OnInvalid, Processing};
pub use sections::{Serving, Synthetic, Tracking, Training};

mod config;
pub use config::{Config, Setting, load};

mod layers;
pub use layers::{Layers, Origin};

mod defaults;
pub use defaults::DEFAULTS;

mod schema;
pub use schema::schema;

mod merge;

mod secret;
pub use secret::Secret;

mod error;
pub use error::Error;
