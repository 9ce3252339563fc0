//! A model as an ONNX graph.

use super::proto::{
    ATTRIBUTE_INT, Attribute, Dimension, Extent, FLOAT, Graph, Model as File, Node, OperatorSet, Property, Shape,
    Tensor, TensorType, Type, ValueInfo,
};
use super::{INPUT, OUTPUT};
use crate::{Calibration, Model};

/// Old enough for every runtime in use, new enough for `Clip` with bounds as inputs.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;
/// Of Strata's own names in the file; raise it when they change.
pub(super) const FORMAT: &str = "1";

pub(super) fn file(model: &Model) -> File {
    let json = |value: serde_json::Result<String>| value.expect("strings and numbers have a json form");
    let properties = [
        ("strata.format", FORMAT.to_owned()),
        ("strata.name", model.name.clone()),
        ("strata.feature_set", model.feature_set.clone()),
        ("strata.features", json(serde_json::to_string(&model.features))),
        ("strata.thresholds", json(serde_json::to_string(&model.thresholds))),
        ("strata.metadata", json(serde_json::to_string(&model.metadata))),
    ];
    File {
        ir_version: IR_VERSION,
        producer_name: "strata".into(),
        producer_version: FORMAT.into(),
        graph: Some(graph(model)),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        metadata_props: properties.map(|(key, value)| Property { key: key.into(), value }).to_vec(),
    }
}

fn graph(model: &Model) -> Graph {
    let width = model.features.len();
    let mut graph = Builder::default();
    let p = &model.preprocessing;
    graph.vector("preprocessing.fill", &p.fill);
    graph.vector("preprocessing.mean", &p.mean);
    graph.vector("preprocessing.scale", &p.scale);
    graph.scalar("preprocessing.low", -p.clip);
    graph.scalar("preprocessing.high", p.clip);
    graph.node("IsNaN", &[INPUT], "missing");
    graph.node("Where", &["missing", "preprocessing.fill", INPUT], "filled");
    graph.node("Sub", &["filled", "preprocessing.mean"], "centred");
    graph.node("Div", &["centred", "preprocessing.scale"], "scaled");
    graph.node("Clip", &["scaled", "preprocessing.low", "preprocessing.high"], "clipped");

    let mut last = "clipped".to_owned();
    for (number, layer) in model.layers.iter().enumerate() {
        let (weight, bias) = (format!("layer{number}.weight"), format!("layer{number}.bias"));
        if number > 0 {
            let active = format!("active{number}");
            graph.node("Relu", &[&last], &active);
            last = active;
        }
        graph.tensor(&weight, &[layer.outputs, layer.inputs], &layer.weights);
        graph.vector(&bias, &layer.bias);
        let sum = format!("sum{number}");
        graph.node("Gemm", &[&last, &weight, &bias], &sum).attribute =
            vec![Attribute { name: "transB".into(), i: 1, kind: ATTRIBUTE_INT }];
        last = sum;
    }
    calibrate(&mut graph, &model.calibration, &last);
    graph.node("Sigmoid", &["log_odds"], OUTPUT);
    Graph {
        node: graph.node,
        name: "strata".into(),
        initializer: graph.initializer,
        input: vec![rows_of(INPUT, width)],
        output: vec![rows_of(OUTPUT, 1)],
    }
}

fn calibrate(graph: &mut Builder, calibration: &Calibration, logit: &str) {
    match *calibration {
        Calibration::Platt { slope, intercept } => {
            graph.scalar("calibration.slope", slope);
            graph.scalar("calibration.intercept", intercept);
            graph.node("Mul", &[logit, "calibration.slope"], "sloped");
            graph.node("Add", &["sloped", "calibration.intercept"], "log_odds");
        }
        Calibration::Beta { a, b, c } => {
            graph.scalar("calibration.a", a);
            graph.scalar("calibration.b", b);
            graph.scalar("calibration.c", c);
            graph.node("Neg", &[logit], "opposite");
            graph.node("Softplus", &["opposite"], "low");
            graph.node("Softplus", &[logit], "high");
            graph.node("Mul", &["low", "calibration.a"], "low_tail");
            graph.node("Mul", &["high", "calibration.b"], "high_tail");
            graph.node("Sub", &["high_tail", "low_tail"], "tails");
            graph.node("Add", &["tails", "calibration.c"], "log_odds");
        }
    }
}

fn rows_of(name: &str, width: usize) -> ValueInfo {
    let dim = |extent| Dimension { extent: Some(extent) };
    let shape = Shape { dim: vec![dim(Extent::Name("N".into())), dim(Extent::Value(width as i64))] };
    let tensor = TensorType { elem_type: FLOAT, shape: Some(shape) };
    ValueInfo { name: name.into(), kind: Some(Type { tensor: Some(tensor) }) }
}

/// Collects nodes and initialisers in the order in which they are used.
#[derive(Default)]
struct Builder {
    node: Vec<Node>,
    initializer: Vec<Tensor>,
}

impl Builder {
    /// Each node is named after what it gives.
    fn node(&mut self, op_type: &str, input: &[&str], output: &str) -> &mut Node {
        let input = input.iter().map(|&name| name.to_owned()).collect();
        let (name, output) = (output.to_owned(), vec![output.to_owned()]);
        self.node.push(Node { input, output, name, op_type: op_type.into(), attribute: Vec::new() });
        self.node.last_mut().expect("just pushed")
    }

    fn scalar(&mut self, name: &str, value: f32) {
        self.tensor(name, &[], &[value]);
    }

    fn vector(&mut self, name: &str, values: &[f32]) {
        self.tensor(name, &[values.len()], values);
    }

    fn tensor(&mut self, name: &str, dims: &[usize], values: &[f32]) {
        let dims = dims.iter().map(|&dim| dim as i64).collect();
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer.push(Tensor { dims, data_type: FLOAT, name: name.into(), raw_data });
    }
}
