//! The definitions: what each feature is called, means and is made of.

use serde::Serialize;

use crate::families;
use crate::snapshot::Snapshot;

/// How many features there are; the type of a vector says it too, so the two cannot differ.
pub const FEATURE_COUNT: usize = 120;

/// The version of the definitions. Changing a definition, or how it is computed, makes a new one.
pub const FEATURE_SET_VERSION: u32 = 2;

/// Every feature in the order of the vector.
pub static FEATURES: [Feature; FEATURE_COUNT] = families::all();

/// A definition.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Feature {
    /// Its number, from 1; it stands at `number - 1` in the vector.
    pub number: u16,
    /// Its name.
    pub name: &'static str,
    /// What kind of feature it is.
    pub group: Group,
    /// How far back it looks, in hours: (t - w, t]. `None` when as far as the record goes.
    pub window_hours: Option<f64>,
    /// Its unit, a UCUM code.
    pub unit: &'static str,
    /// The silver columns it is made of; of labs, the variables.
    pub sources: &'static [&'static str],
    /// What it is, in a sentence.
    pub description: &'static str,
    #[serde(skip)]
    pub(crate) value: fn(&Snapshot) -> f64,
}

/// The definitions as a model names them: version and hash. A model is served only with the ones it learned from.
pub fn feature_set() -> String {
    format!("{FEATURE_SET_VERSION}-{:016x}", feature_set_hash())
}

/// The kinds of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The most recent value of a sign.
    Last,
    /// A statistic of the last hour.
    #[serde(rename = "w1h")]
    Hour,
    /// A statistic of the last six hours.
    #[serde(rename = "w6h")]
    SixHours,
    /// A statistic of the last day.
    #[serde(rename = "w24h")]
    Day,
    /// How far the most recent value is from the last day's mean.
    Delta,
    /// How long ago something was last measured or given.
    Recency,
    /// How much was measured, and how well.
    Process,
    /// Computed from the most recent values of one kind.
    Derived,
    /// Computed from the most recent values of several kinds.
    Interaction,
    /// A clinical score.
    Score,
    /// A laboratory result.
    Lab,
    /// A medication.
    Med,
    /// Who the patient is.
    Static,
}

impl Group {
    /// Its name in the reference list.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Hour => "w1h",
            Self::SixHours => "w6h",
            Self::Day => "w24h",
            Self::Delta => "delta",
            Self::Recency => "recency",
            Self::Process => "process",
            Self::Derived => "derived",
            Self::Interaction => "interaction",
            Self::Score => "score",
            Self::Lab => "lab",
            Self::Med => "med",
            Self::Static => "static",
        }
    }
}

/// A number that changes with any definition; it is stored in a model and verified when that is loaded.
///
/// FNV-1a, 64 bits, over the version and every field: the same on every machine and in every build.
pub fn feature_set_hash() -> u64 {
    let mut hash = Fnv::new();
    hash.field(&FEATURE_SET_VERSION.to_string());
    for feature in &FEATURES {
        hash.field(&feature.number.to_string());
        hash.field(feature.name);
        hash.field(feature.group.name());
        hash.field(&feature.window_hours.map_or_else(String::new, |hours| hours.to_string()));
        hash.field(feature.unit);
        hash.field(&feature.sources.join(","));
        hash.field(feature.description);
    }
    hash.0
}

struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Takes in one field; the 0xff, which is in no UTF-8 text, keeps neighbours apart.
    fn field(&mut self, text: &str) {
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Feature {
    /// The feature of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        FEATURES.iter().find(|feature| feature.name == name)
    }

    /// Where it stands in the vector.
    pub const fn index(&self) -> usize {
        self.number as usize - 1
    }
}
