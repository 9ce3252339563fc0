//! A model from an ONNX graph: the numbers by the names that `write` gave them.

use serde::de::DeserializeOwned;

use super::proto::{FLOAT, Graph, Model as File, Tensor};
use super::write::FORMAT;
use crate::{Calibration, Dense, Error, Model, Preprocessing};

pub(super) fn model(file: &File) -> Result<Model, Error> {
    let format = property(file, "strata.format")?;
    if format != FORMAT {
        return Err(Error::Foreign(format!("its format is {format:?}, this strata reads {FORMAT:?}")));
    }
    let graph = file.graph.as_ref().ok_or_else(|| Error::Foreign("it has no graph".into()))?;
    let initializers = Initializers(graph);
    Ok(Model {
        name: property(file, "strata.name")?.to_owned(),
        features: json(file, "strata.features")?,
        feature_set: property(file, "strata.feature_set")?.to_owned(),
        preprocessing: Preprocessing {
            fill: initializers.vector("preprocessing.fill")?,
            mean: initializers.vector("preprocessing.mean")?,
            scale: initializers.vector("preprocessing.scale")?,
            clip: initializers.scalar("preprocessing.high")?,
        },
        layers: initializers.layers()?,
        calibration: initializers.calibration()?,
        thresholds: json(file, "strata.thresholds")?,
        metadata: json(file, "strata.metadata")?,
    })
}

fn property<'a>(file: &'a File, key: &str) -> Result<&'a str, Error> {
    let found = file.metadata_props.iter().find(|property| property.key == key);
    found.map(|property| property.value.as_str()).ok_or_else(|| Error::Foreign(format!("it says nothing of {key}")))
}

fn json<T: DeserializeOwned>(file: &File, key: &str) -> Result<T, Error> {
    serde_json::from_str(property(file, key)?).map_err(|error| Error::Foreign(format!("{key} is damaged, {error}")))
}

struct Initializers<'a>(&'a Graph);

impl Initializers<'_> {
    fn layers(&self) -> Result<Vec<Dense>, Error> {
        let mut layers = Vec::new();
        while let Some(weight) = self.find(&format!("layer{}.weight", layers.len())) {
            let &[outputs, inputs] = weight.dims.as_slice() else {
                return Err(Error::Foreign(format!("{} is not a matrix", weight.name)));
            };
            let bias = self.vector(&format!("layer{}.bias", layers.len()))?;
            layers.push(Dense { inputs: size(inputs)?, outputs: size(outputs)?, weights: numbers(weight)?, bias });
        }
        Ok(layers)
    }

    fn calibration(&self) -> Result<Calibration, Error> {
        if self.find("calibration.slope").is_some() {
            let (slope, intercept) = (self.scalar("calibration.slope")?, self.scalar("calibration.intercept")?);
            return Ok(Calibration::Platt { slope, intercept });
        }
        let (a, b, c) = (self.scalar("calibration.a")?, self.scalar("calibration.b")?, self.scalar("calibration.c")?);
        Ok(Calibration::Beta { a, b, c })
    }

    fn scalar(&self, name: &str) -> Result<f32, Error> {
        match self.vector(name)?.as_slice() {
            &[value] => Ok(value),
            values => Err(Error::Foreign(format!("{name} has {} values instead of one", values.len()))),
        }
    }

    fn vector(&self, name: &str) -> Result<Vec<f32>, Error> {
        numbers(self.find(name).ok_or_else(|| Error::Foreign(format!("it has no {name}")))?)
    }

    fn find(&self, name: &str) -> Option<&Tensor> {
        self.0.initializer.iter().find(|tensor| tensor.name == name)
    }
}

fn numbers(tensor: &Tensor) -> Result<Vec<f32>, Error> {
    let sizes = tensor.dims.iter().map(|&dim| size(dim)).collect::<Result<Vec<_>, _>>()?;
    let cells = sizes.iter().try_fold(1_usize, |cells, &size| cells.checked_mul(size));
    let (values, rest) = tensor.raw_data.as_chunks::<4>();
    if tensor.data_type != FLOAT || cells != Some(values.len()) || !rest.is_empty() {
        return Err(Error::Foreign(format!("{} does not hold what its shape says", tensor.name)));
    }
    Ok(values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
}

fn size(dim: i64) -> Result<usize, Error> {
    usize::try_from(dim).map_err(|_| Error::Foreign(format!("a tensor has a side of {dim}")))
}
