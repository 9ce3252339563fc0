//! Results: the value, and its own reference range unless that is the one before of its variable.

use strata_features::Lab;
use strata_types::VARIABLES;

use super::rows::{Form, Place};
use super::{Damaged, Reader, Writer, read_value, write_value};

type Range = Option<(f64, f64)>;

/// The last reference range of each variable.
#[derive(Debug)]
pub(super) struct Coder([Range; VARIABLES.len()]);

const NONE: u8 = 0;
const SAME: u8 = 1;
const OTHER: u8 = 2;

impl Form for Lab {
    type Coder = Coder;

    const CODED: bool = true;

    fn write_coder(_: &mut dyn Iterator<Item = &Self>, _: &mut Writer) -> Coder {
        Coder([None; VARIABLES.len()])
    }

    fn read_coder(_: &mut Reader) -> Result<Coder, Damaged> {
        Ok(Coder([None; VARIABLES.len()]))
    }

    fn write(&self, coder: &mut Coder, to: &mut Writer) {
        write_value(to, self.value);
        let before = &mut coder.0[usize::from(self.variable)];
        let bits = |range: (f64, f64)| (range.0.to_bits(), range.1.to_bits());
        match self.reference {
            None => to.byte(NONE),
            Some(range) if before.map(bits) == Some(bits(range)) => to.byte(SAME),
            Some(range) => {
                to.byte(OTHER);
                write_value(to, range.0);
                write_value(to, range.1);
                *before = Some(range);
            }
        }
    }

    fn read(place: Place, coder: &mut Coder, from: &mut Reader) -> Result<Self, Damaged> {
        let Place { time, known, code } = place;
        let value = read_value(from)?;
        let before = coder.0.get_mut(usize::from(code)).ok_or(Damaged)?;
        let reference = match from.byte()? {
            NONE => None,
            SAME => *before,
            OTHER => {
                *before = Some((read_value(from)?, read_value(from)?));
                *before
            }
            _ => return Err(Damaged),
        };
        Ok(Self { time, available_at: known, variable: code, value, reference })
    }
}
