//! What the features promise, family by family and for any timeline.

mod arbitrary;
mod patient;

mod definitions;
mod labs;
mod medications;
mod panes;
mod properties;
mod scores;
mod vitals;

mod dump;
mod speed;
