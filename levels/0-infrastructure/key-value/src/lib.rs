//! Fast keyed reads with expiry: small values by key, in a folder of this process or in Redis.
//!
//! What is online lies here: it is read once for each prediction, and written by whoever knows something
//! newer. So the store itself keeps, of all that is put under a key, the **newest** by the version that the
//! writer says, not what happened to be written last (fault 35).
//!
//! [`KeyValue`] is the port. [`Embedded`] needs nothing but a folder; [`Redis`] is for many machines.
//! [`open`] chooses by a URL, and one suite of tests holds both to the same contract.

mod port;
pub use port::{Entry, KeyValue, MAX_KEY};

mod embedded;
pub use embedded::Embedded;

mod redis;
pub use redis::Redis;

mod open;
pub use open::open;

mod error;
pub use error::Error;

mod version;

#[cfg(test)]
mod suite;
