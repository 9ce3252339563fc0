//! The charted items that are vital signs, and what each becomes.

use strata_types::event::Vitals;

/// A field of a reading.
pub(crate) type Field = fn(&mut Vitals) -> &mut Option<f64>;

/// What a charted value becomes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Becomes {
    /// A field, unless this other item was charted for it at the same time.
    Field(Field, Option<u32>),
    /// A pressure: of the arterial line (0), a second line (1) or the cuff (2).
    Pressure(Field, u8),
    /// The temperature in this UCUM unit, unless this other item was charted at the same time.
    Temperature(&'static str, Option<u32>),
    /// One of the three parts of the Glasgow coma scale.
    Coma(usize),
}

/// An item of `icu/chartevents`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) id: u32,
    /// How the summary calls it.
    pub(crate) name: &'static str,
    pub(crate) becomes: Becomes,
}

/// The item of this id, if it is a vital sign.
pub(crate) fn item(id: u32) -> Option<&'static Item> {
    ITEMS.iter().find(|item| item.id == id)
}

#[rustfmt::skip]
static ITEMS: [Item; 20] = [
    field(220_045, "heart rate", |v| &mut v.heart_rate, None),
    field(220_210, "respiratory rate", |v| &mut v.respiratory_rate, None),
    field(224_690, "respiratory rate (total)", |v| &mut v.respiratory_rate, Some(220_210)),
    field(220_277, "SpO2", |v| &mut v.spo2, None),
    field(223_835, "inspired O2 fraction", |v| &mut v.fio2, None),
    field(228_640, "EtCO2", |v| &mut v.etco2, None),
    pressure(220_050, "arterial systolic", |v| &mut v.blood_pressure_systolic, 0),
    pressure(220_051, "arterial diastolic", |v| &mut v.blood_pressure_diastolic, 0),
    pressure(220_052, "arterial mean", |v| &mut v.mean_arterial_pressure, 0),
    pressure(225_309, "second line systolic", |v| &mut v.blood_pressure_systolic, 1),
    pressure(225_310, "second line diastolic", |v| &mut v.blood_pressure_diastolic, 1),
    pressure(225_312, "second line mean", |v| &mut v.mean_arterial_pressure, 1),
    pressure(220_179, "cuff systolic", |v| &mut v.blood_pressure_systolic, 2),
    pressure(220_180, "cuff diastolic", |v| &mut v.blood_pressure_diastolic, 2),
    pressure(220_181, "cuff mean", |v| &mut v.mean_arterial_pressure, 2),
    Item { id: 223_761, name: "temperature F", becomes: Becomes::Temperature("[degF]", None) },
    Item { id: 223_762, name: "temperature C", becomes: Becomes::Temperature("Cel", Some(223_761)) },
    Item { id: 220_739, name: "GCS eyes", becomes: Becomes::Coma(0) },
    Item { id: 223_900, name: "GCS verbal", becomes: Becomes::Coma(1) },
    Item { id: 223_901, name: "GCS motor", becomes: Becomes::Coma(2) },
];

const fn field(id: u32, name: &'static str, field: Field, unless: Option<u32>) -> Item {
    Item { id, name, becomes: Becomes::Field(field, unless) }
}

const fn pressure(id: u32, name: &'static str, field: Field, way: u8) -> Item {
    Item { id, name, becomes: Becomes::Pressure(field, way) }
}
