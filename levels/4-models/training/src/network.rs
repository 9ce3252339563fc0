//! The network while it learns: everything that knows burn.
//!
//! Its random numbers come from a generator of our own. Burn seeds one generator per process, so two trainings at the
//! same time (or two tests) would change each other's numbers.

use burn::optim::{Adam, AdamConfig, AdamState, Optimizer};
use burn::tensor::{Device, Tensor, TensorData, activation};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use strata_features::FEATURE_COUNT;
use strata_model::Dense;

/// Burn's own default is 1e-5; this is everybody else's.
const ADAM_EPSILON: f32 = 1e-8;

/// The layers with what Adam remembers of each.
pub(crate) struct Network {
    learning: Device,
    parameters: Vec<Parameter>,
    adam: Adam,
    hyper: Hyper,
    steps: u32,
}

/// How to learn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hyper {
    pub(crate) learning_rate: f64,
    pub(crate) weight_decay: f64,
    /// See [`crate::Settings::averaging`].
    pub(crate) averaging: f64,
    pub(crate) dropout: f64,
    pub(crate) input_dropout: f64,
}

/// A weight matrix (inputs x outputs) or a bias (1 x outputs).
struct Parameter {
    value: Tensor<2>,
    average: Tensor<2>,
    decays: bool,
    state: Option<AdamState<2>>,
}

/// One batch, prepared.
pub(crate) struct Batch {
    pub(crate) rows: Vec<f32>,
    pub(crate) labels: Vec<f32>,
    pub(crate) weights: Vec<f32>,
}

impl Network {
    /// Weights drawn as He et al. 2015 found right for `ReLU` (uniform); biases zero.
    pub(crate) fn new(hidden: &[usize], hyper: Hyper, random: &mut ChaCha8Rng) -> Self {
        let plain = Device::flex();
        let mut inputs = FEATURE_COUNT;
        let mut parameters = Vec::new();
        for (depth, &outputs) in hidden.iter().chain(&[1]).enumerate() {
            let gain = if depth == hidden.len() { 1.0 } else { 6.0 };
            let bound = (gain / inputs as f32).sqrt();
            let weights = (0..inputs * outputs).map(|_| random.random_range(-bound..bound)).collect::<Vec<f32>>();
            let value = Tensor::from_data(TensorData::new(weights, [inputs, outputs]), &plain);
            parameters.push(Parameter::new(value, true));
            parameters.push(Parameter::new(Tensor::zeros([1, outputs], &plain), false));
            inputs = outputs;
        }
        let adam = AdamConfig::new().with_epsilon(ADAM_EPSILON).build();
        Self { learning: plain.autodiff(), parameters, adam, hyper, steps: 0 }
    }

    /// Learns from one batch and returns its mean weighted loss.
    pub(crate) fn step(&mut self, mut batch: Batch, random: &mut ChaCha8Rng) -> f64 {
        let n = batch.labels.len();
        let tensor = |values: Vec<f32>, width: usize| {
            Tensor::<2>::from_data(TensorData::new(values, [n, width]), &self.learning)
        };
        let traced: Vec<Tensor<2>> =
            self.parameters.iter().map(|p| Tensor::from_inner(p.value.clone()).require_grad()).collect();
        drop_out(self.hyper.input_dropout, &mut batch.rows, random);
        let mut x = tensor(batch.rows, FEATURE_COUNT);
        for (depth, layer) in traced.chunks_exact(2).enumerate() {
            if depth > 0 {
                let width = layer[0].dims()[0];
                let mut mask = vec![1.0; n * width];
                drop_out(self.hyper.dropout, &mut mask, random);
                x = activation::relu(x) * tensor(mask, width);
            }
            x = x.matmul(layer[0].clone()) + layer[1].clone();
        }
        let loss = weighted_loss(x, tensor(batch.labels, 1), tensor(batch.weights, 1));
        let gradients = loss.backward();
        self.steps += 1;
        for (parameter, traced) in self.parameters.iter_mut().zip(&traced) {
            let gradient = traced.grad(&gradients).expect("every parameter takes part in the loss");
            parameter.learn(&self.adam, gradient, &self.hyper, self.steps);
        }
        f64::from(loss.into_scalar::<f32>())
    }

    /// The averaged weights as they are now, by value: what is kept as the best must not go on learning.
    pub(crate) fn layers(&self) -> Vec<Dense> {
        self.parameters.chunks_exact(2).map(|layer| dense(&layer[0].average, &layer[1].average)).collect()
    }
}

impl Parameter {
    fn new(value: Tensor<2>, decays: bool) -> Self {
        Self { average: value.clone(), value, decays, state: None }
    }

    /// Adam, with the pull towards zero decoupled from the gradient (Loshchilov, Hutter 2019).
    fn learn(&mut self, adam: &Adam, gradient: Tensor<2>, hyper: &Hyper, steps: u32) {
        let before = self.value.clone();
        let (after, state) = adam.step(hyper.learning_rate, before.clone(), gradient, self.state.take());
        let pull = if self.decays { hyper.learning_rate * hyper.weight_decay } else { 0.0 };
        self.value = if pull > 0.0 { after - before.mul_scalar(pull) } else { after };
        self.state = state;
        // The first steps count little: the average follows them quickly.
        let keep = hyper.averaging.min(f64::from(steps) / (f64::from(steps) + 9.0));
        self.average = self.average.clone().mul_scalar(keep) + self.value.clone().mul_scalar(1.0 - keep);
    }
}

/// Binary cross-entropy on logits, `max(z, 0) - z y + ln(1 + e^-|z|)`, which never takes the logarithm of zero.
fn weighted_loss(logits: Tensor<2>, labels: Tensor<2>, weights: Tensor<2>) -> Tensor<1> {
    let tail = logits.clone().abs().neg().exp().log1p();
    let loss = activation::relu(logits.clone()) - logits * labels + tail;
    (loss * weights).mean()
}

fn dense(weights: &Tensor<2>, bias: &Tensor<2>) -> Dense {
    let numbers = |tensor: Tensor<2>| tensor.into_data().try_into_vec::<f32>().expect("the tensors hold f32");
    let [inputs, outputs] = weights.dims();
    Dense { inputs, outputs, weights: numbers(weights.clone().transpose()), bias: numbers(bias.clone()) }
}

/// Inverted dropout (Srivastava et al. 2014): survivors are scaled up, so serving needs no correction.
///
/// One random byte decides about one unit, which makes the share a multiple of 1/256.
fn drop_out(share: f64, units: &mut [f32], random: &mut ChaCha8Rng) {
    let silenced = (share * 256.0).round().min(255.0) as u8;
    if silenced == 0 {
        return;
    }
    let survivor = 256.0 / (256.0 - f32::from(silenced));
    let mut bytes = vec![0; units.len()];
    random.fill_bytes(&mut bytes);
    for (unit, byte) in units.iter_mut().zip(bytes) {
        *unit = if byte < silenced { 0.0 } else { *unit * survivor };
    }
}
