//! The validated step: what the rest of Strata is handed.

use std::path::PathBuf;

use crate::sections::Raw;
use crate::{Cluster, DEFAULTS, Error, Features, Infrastructure, Ingestion, Labels, Layers};
use crate::{Origin, Processing, Serving, Synthetic, Tracking, Training, defaults, merge, schema};

/// A configuration that has been checked. There is no way to one but [`load`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// Where all data lie. Never empty.
    pub data_dir: PathBuf,
    /// Level 0: the log, the objects and the stores.
    pub infrastructure: Infrastructure,
    /// Level 1: from sources to bronze.
    pub ingestion: Ingestion,
    /// Level 2: from bronze to silver.
    pub processing: Processing,
    /// Level 3: from silver to features.
    pub features: Features,
    /// More machines than one.
    pub cluster: Cluster,
    /// What a model is asked to foresee.
    pub labels: Labels,
    /// Level 4: from features to a model.
    pub training: Training,
    /// Level 4: where runs and model versions are kept.
    pub tracking: Tracking,
    /// Level 4: predictions over HTTP.
    pub serving: Serving,
    /// The synthetic hospital.
    pub synthetic: Synthetic,
    settings: Vec<Setting>,
}

/// A key, its value, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The dotted key.
    pub key: String,
    /// The value, as TOML writes it; a secret is `"****"`.
    pub value: String,
    /// The layer that gave it.
    pub origin: Origin,
    /// What it means, in a sentence.
    pub sentence: String,
}

/// Reads, merges and checks the layers.
pub fn load(layers: &Layers) -> Result<Config, Error> {
    let mut merged = merge::merge(layers)?;
    let secrets = schema::secrets();
    let settings: Vec<_> = defaults::keys(DEFAULTS)
        .into_iter()
        .filter_map(|default| {
            let given = merged.get(&default.key)?;
            let hidden = secrets.contains(&default.key) && given.value.as_str().is_some_and(|text| !text.is_empty());
            let value = if hidden { "\"****\"".to_owned() } else { given.value.to_string() };
            let origin = given.origin.clone();
            Some(Setting { key: default.key, value, origin, sentence: default.sentence.to_owned() })
        })
        .collect();

    let mut nested = toml::Table::new();
    let host_origin = merged.get("serving.host").map_or(Origin::BuiltIn, |given| given.origin.clone());
    while let Some((key, given)) = merged.pop_first() {
        match key.split_once('.') {
            None if given.value.is_table() => {}
            None => {
                nested.insert(key, given.value);
            }
            Some((section, name)) => {
                let section = nested.entry(section).or_insert_with(|| toml::Table::new().into());
                if let Some(section) = section.as_table_mut() {
                    section.insert(name.to_owned(), given.value);
                }
            }
        }
    }
    let raw: Raw = nested.try_into()?;

    if !raw.serving.host.is_loopback() {
        return Err(Error::NotLoopback { host: raw.serving.host.to_string(), origin: host_origin });
    }
    let data_dir = if raw.data_dir.is_empty() { layers.default_data_dir() } else { PathBuf::from(&raw.data_dir) };
    Ok(Config {
        data_dir,
        infrastructure: raw.infrastructure,
        ingestion: raw.ingestion,
        processing: raw.processing,
        features: raw.features,
        cluster: raw.cluster,
        labels: raw.labels,
        training: raw.training,
        tracking: raw.tracking,
        serving: raw.serving,
        synthetic: raw.synthetic,
        settings,
    })
}

impl Config {
    /// Every key in the order of `config/strata.toml`, with its value and the layer that gave it.
    pub fn explain(&self) -> &[Setting] {
        &self.settings
    }
}

/// The built-in layer alone.
impl Default for Config {
    fn default() -> Self {
        load(&Layers::default()).expect("the defaults are part of the binary and loaded in a test")
    }
}
