//! What serving needs of the level below: the smallest port.

use std::error::Error;

use futures::future::BoxFuture;
use strata_features::Timeline;
use strata_types::PatientId;

/// Reads what is known of a patient.
pub trait Timelines: Send + Sync + 'static {
    /// All that is known of this patient, [sorted](Timeline::sort); `None` for a patient nobody has heard of.
    ///
    /// It need not be cut at any time: [`strata_features::compute`] sees only what happened and was known by then.
    /// An error means that the record cannot be read now; it must not be turned into an empty timeline, because the
    /// model would answer for an empty patient.
    fn timeline<'a>(
        &'a self,
        patient: &'a PatientId,
    ) -> BoxFuture<'a, Result<Option<Timeline>, Box<dyn Error + Send + Sync>>>;
}
