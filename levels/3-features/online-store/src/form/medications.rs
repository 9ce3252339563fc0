//! Doses.

use strata_features::{Class, Dose};
use strata_types::Timestamp;
use strata_types::drug::{DRUGS, Effect};

use super::rows::{Form, Place};
use super::{Damaged, Reader, Writer, read_value, write_value};

const ENDS: u8 = 1;
const RATE: u8 = 2;
const CLASS: u8 = 4;
/// The class is that of the drug.
const USUAL: u8 = 8;
const DRUG: u8 = 16;
/// From here on the effect.
const EFFECT: u32 = 5;

const EFFECTS: [Effect; 4] = [Effect::Vasopressor, Effect::Antibiotic, Effect::SedativeOrOpioid, Effect::Other];

impl Form for Dose {
    type Coder = ();

    fn write_coder(_: &mut dyn Iterator<Item = &Self>, _: &mut Writer) {}

    fn read_coder(_: &mut Reader) -> Result<(), Damaged> {
        Ok(())
    }

    fn write(&self, (): &mut (), to: &mut Writer) {
        let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
        let drug = self.drug.and_then(|drug| DRUGS.iter().position(|known| known.name == drug.name));
        let usual = self.class.is_some() && self.class == self.drug.and_then(|drug| Class::of_atc(drug.atc));
        let effect = EFFECTS.iter().position(|effect| *effect == self.effect).unwrap_or(EFFECTS.len() - 1);
        to.byte(
            flag(self.end.is_some(), ENDS)
                | flag(self.rate.is_some(), RATE)
                | flag(self.class.is_some() && !usual, CLASS)
                | flag(usual, USUAL)
                | flag(drug.is_some(), DRUG)
                | ((effect as u8) << EFFECT),
        );
        if let Some(drug) = drug {
            to.byte(drug as u8);
        }
        if let Some(class) = self.class.filter(|_| !usual) {
            to.bytes(&class.bytes());
        }
        if let Some(end) = self.end {
            to.signed(end.0 - self.time.0);
        }
        if let Some(rate) = self.rate {
            write_value(to, rate);
        }
    }

    fn read(place: Place, (): &mut (), from: &mut Reader) -> Result<Self, Damaged> {
        let flags = from.byte()?;
        let drug = if flags & DRUG != 0 { Some(DRUGS.get(usize::from(from.byte()?)).ok_or(Damaged)?) } else { None };
        let class = if flags & USUAL != 0 {
            drug.and_then(|drug| Class::of_atc(drug.atc))
        } else if flags & CLASS != 0 {
            Some(Class::from_bytes(from.array()?))
        } else {
            None
        };
        let end = if flags & ENDS != 0 { Some(Timestamp(place.time.0.wrapping_add(from.signed()?))) } else { None };
        let rate = if flags & RATE != 0 { Some(read_value(from)?) } else { None };
        let effect = EFFECTS[usize::from((flags >> EFFECT) & 3)];
        Ok(Self { time: place.time, available_at: place.known, end, drug, class, effect, rate })
    }
}
