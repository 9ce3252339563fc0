//! Adverse events.

use strata_features::AdverseEvent;
use strata_types::Timestamp;

use super::rows::{Form, Place};
use super::{Damaged, Reader, Writer};

const RESOLVED: u8 = 128;

impl Form for AdverseEvent {
    type Coder = ();

    fn write_coder(_: &mut dyn Iterator<Item = &Self>, _: &mut Writer) {}

    fn read_coder(_: &mut Reader) -> Result<(), Damaged> {
        Ok(())
    }

    fn write(&self, (): &mut (), to: &mut Writer) {
        to.byte((self.grade & !RESOLVED) | if self.resolved_at.is_some() { RESOLVED } else { 0 });
        if let Some(resolved_at) = self.resolved_at {
            to.signed(resolved_at.0 - self.onset.0);
        }
    }

    fn read(place: Place, (): &mut (), from: &mut Reader) -> Result<Self, Damaged> {
        let byte = from.byte()?;
        let end = if byte & RESOLVED != 0 { Some(Timestamp(place.time.0.wrapping_add(from.signed()?))) } else { None };
        Ok(Self { onset: place.time, reported_at: place.known, resolved_at: end, grade: byte & !RESOLVED })
    }
}
