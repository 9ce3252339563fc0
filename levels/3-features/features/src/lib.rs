//! What a feature is and how it is computed from a patient's timeline; pure.
//!
//! One function, [`compute()`], gives the vector of a patient as of a time. Training sets (as of many
//! times) and serving (as of now) both call it and differ in nothing: that is how a model meets at
//! the bedside the numbers it learned from. *As of t* means happened by t **and** known by t.
//!
//! A definition is data ([`FEATURES`]); its [hash](feature_set_hash) is stored with a model and
//! verified when the model is loaded. Missing stays missing: imputation belongs to the model.

mod compute;
pub use compute::{Vector, Walk, compute, compute_many};

mod feature;
pub use feature::{FEATURE_COUNT, FEATURE_SET_VERSION, FEATURES, Feature, Group, feature_set, feature_set_hash};

mod timeline;
pub use timeline::{AdverseEvent, Class, Dose, Lab, PatientFacts, Timeline, Vitals};

pub mod sign;

pub mod scores;

mod label;
pub use label::label_at;

mod panes;
pub use panes::{Closed, Grid, InvalidGrid, Panes, Stat};

mod profile;
pub use profile::{Bin, Profile, Told as ToldProfile};

mod families;
mod snapshot;
mod sweep;

mod highest;
mod sums;
