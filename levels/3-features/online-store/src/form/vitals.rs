//! Readings: the signs that are there, each by its difference from the one before.
//!
//! Silver computes the mean pressure where it was not measured; that is computed again and not stored. So is the quality
//! score, which is a number of sixths.

use strata_features::Vitals;
use strata_features::sign::{COUNT, DBP, MAP, SBP};

use super::rows::{Form, Place};
use super::{Damaged, Reader, Writer, decimal};

/// A sign is present: its bit of nine.
const SIGNS: u32 = (1 << COUNT) - 1;
const MAP_COMPUTED: u32 = 1 << COUNT;
const ALTERED: u32 = COUNT as u32 + 1;
const OXYGEN: u32 = ALTERED + 2;
const QUALITY: u32 = OXYGEN + 2;
/// The quality is no number of sixths.
const QUALITY_RAW: u32 = 7;

#[derive(Debug)]
pub(super) struct Coder {
    columns: [Column; COUNT],
    layout: u32,
}

/// How a sign's values are coded.
#[derive(Clone, Copy, Debug, Default)]
struct Column {
    decimals: u8,
    /// Whether some are no decimals: then each says which it is.
    mixed: bool,
    before: i64,
}

impl Form for Vitals {
    type Coder = Coder;

    fn write_coder(rows: &mut dyn Iterator<Item = &Self>, to: &mut Writer) -> Coder {
        let mut columns = [Column::default(); COUNT];
        for row in rows {
            let computed = map_of(row);
            for (sign, value) in row.signs.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                if sign == MAP && computed == Some(value.to_bits()) {
                    continue;
                }
                match decimal::of(*value) {
                    Some((decimals, _)) => columns[sign].decimals = columns[sign].decimals.max(decimals),
                    None => columns[sign].mixed = true,
                }
            }
        }
        let codes = columns
            .iter()
            .rev()
            .fold(0, |codes, column| (codes << 3) | (u64::from(column.decimals) << 1) | u64::from(column.mixed));
        to.number(codes);
        Coder { columns, layout: u32::MAX }
    }

    fn read_coder(from: &mut Reader) -> Result<Coder, Damaged> {
        let codes = from.number()?;
        let column = |sign: usize| {
            let code = codes >> (3 * sign);
            Column { decimals: ((code >> 1) & 3) as u8, mixed: code & 1 != 0, before: 0 }
        };
        Ok(Coder { columns: std::array::from_fn(column), layout: u32::MAX })
    }

    fn write(&self, coder: &mut Coder, to: &mut Writer) {
        let layout = layout_of(self);
        // 0 says that it is laid out like the one before.
        to.number(if layout == coder.layout { 0 } else { u64::from(layout) + 1 });
        coder.layout = layout;
        for (sign, value) in self.signs.iter().enumerate().filter(|(sign, _)| layout & (1 << sign) != 0) {
            coder.columns[sign].write(*value, to);
        }
        if layout >> QUALITY == QUALITY_RAW {
            to.float(self.quality);
        }
    }

    fn read(place: Place, coder: &mut Coder, from: &mut Reader) -> Result<Self, Damaged> {
        let layout = match from.number()? {
            0 => coder.layout,
            layout => (layout - 1) as u32,
        };
        coder.layout = layout;
        let mut row = Self { available_at: place.known, ..Self::at(place.time) };
        let mut left = layout & SIGNS;
        while left != 0 {
            let sign = left.trailing_zeros() as usize;
            left &= left - 1;
            row.signs[sign] = coder.columns[sign].read(from)?;
        }
        if layout & MAP_COMPUTED != 0 {
            row.signs[MAP] = f64::from_bits(map_of(&row).ok_or(Damaged)?);
        }
        row.consciousness_altered = word(layout >> ALTERED);
        row.on_oxygen = word(layout >> OXYGEN);
        row.quality = match layout >> QUALITY {
            QUALITY_RAW => from.float()?,
            sixths => f64::from(sixths) / 6.0,
        };
        Ok(row)
    }
}

impl Column {
    fn write(&mut self, value: f64, to: &mut Writer) {
        let Some(digits) = decimal::digits(value, self.decimals) else {
            to.number(1);
            return to.float(value);
        };
        let step = digits.wrapping_sub(self.before);
        self.before = digits;
        if self.mixed {
            to.number((((step << 1) ^ (step >> 63)) << 1).cast_unsigned());
        } else {
            to.signed(step);
        }
    }

    fn read(&mut self, from: &mut Reader) -> Result<f64, Damaged> {
        let step = if self.mixed {
            let code = from.number()?;
            if code == 1 {
                return from.float();
            }
            let code = code >> 1;
            (code >> 1).cast_signed() ^ -(code & 1).cast_signed()
        } else {
            from.signed()?
        };
        self.before = self.before.wrapping_add(step);
        Ok(decimal::value_of(self.before, self.decimals))
    }
}

fn layout_of(row: &Vitals) -> u32 {
    let mut layout = 0;
    for (sign, value) in row.signs.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
        let computed = sign == MAP && map_of(row) == Some(value.to_bits());
        layout |= if computed { MAP_COMPUTED } else { 1 << sign };
    }
    let sixths = (0..QUALITY_RAW).find(|sixths| row.quality.to_bits() == (f64::from(*sixths) / 6.0).to_bits());
    layout
        | (bits(row.consciousness_altered) << ALTERED)
        | (bits(row.on_oxygen) << OXYGEN)
        | (sixths.unwrap_or(QUALITY_RAW) << QUALITY)
}

/// The mean pressure as silver computes it, in bits.
fn map_of(row: &Vitals) -> Option<u64> {
    let (sbp, dbp) = (row.signs[SBP], row.signs[DBP]);
    (!sbp.is_nan() && !dbp.is_nan()).then(|| ((sbp + 2.0 * dbp) / 3.0).to_bits())
}

fn bits(word: Option<bool>) -> u32 {
    word.map_or(0, |word| 2 + u32::from(word))
}

fn word(bits: u32) -> Option<bool> {
    (bits & 2 != 0).then_some(bits & 1 != 0)
}
