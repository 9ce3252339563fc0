//! How every HTTP face of Strata behaves: its guards, its headers, its form of an error.
//!
//! What a face answers is its own; that it always answers, in one form, with the same headers, and to nobody whom a web
//! page elsewhere has sent, is not.

mod refusal;
pub use refusal::{ErrorBody, Refusal, method_not_allowed, not_found};

pub mod content_type;

pub mod guard;

mod ready;
pub use ready::{Check, Readiness};

mod index;
pub use index::index;

mod inside;
pub use inside::{Inside, Refused};
