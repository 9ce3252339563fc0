//! The features of the past as a table, point-in-time correct.
