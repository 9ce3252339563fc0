//! Each patient's recent timeline, compact and as new as the last event; vectors as of now.
//!
//! What is kept is no vector but what vectors are made of, so a vector is exact as of the moment that it is asked for, and
//! it is [`strata_features::compute`] that makes it: the same function over the same rows as offline, hence the same bits.
//!
//! **Invariant**: a [`Recent`] that is settled as of T gives every vector as of T or later that the whole record gives.
//! Rows that still count one by one stand with their key and rank, and silver's law decides among records of one key: the
//! greatest (`ingested_at`, `event_id`, hash) wins, also when it was refused. Of older rows stays what a definition can
//! still see ([`keep`]). What comes so late that its key may have been let go is left to silver, from which the patient is
//! then read anew.

mod change;
pub use change::{Change, Rank, Tie, What};

mod keep;
mod part;
pub use part::Taken;

mod recent;
pub use recent::{Limits, Recent};

mod form;
pub use form::Damaged;

mod marks;
pub use marks::{Mark, Marks};

mod store;
pub use store::{Applied, Error, OnlineStore, Repair, Seen};
