//! Laws that hold across the measures, and whole evaluations of a simulated hospital.

mod evaluation;
mod hospital;
mod laws;
mod official_utility;
mod rendered;
