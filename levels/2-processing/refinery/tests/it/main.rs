//! The refinery over real tables. One binary, because each links all of `DataFusion`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod world;

mod law;

mod files;

mod folder;

mod following;

mod replaying;

mod engines;
