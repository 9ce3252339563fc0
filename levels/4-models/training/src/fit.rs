//! The rounds of learning, and when to stop.

use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use strata_evaluation::metrics;
use strata_model::{Dense, Model};

use crate::network::{Batch, Hyper, Network};
use crate::set::Parts;
use crate::{Epoch, Part, Settings, TrainingSet, batches};

/// Batches that wait for the network.
const AHEAD: usize = 4;

/// What distinguishes one kind of model from another.
pub(crate) struct Recipe<'a> {
    pub(crate) name: &'static str,
    pub(crate) hidden: &'a [usize],
    pub(crate) hyper: Hyper,
    /// A baseline is there to be compared with, so it never stops a training.
    pub(crate) is_baseline: bool,
}

pub(crate) struct Fitted {
    /// The layers of the best round.
    pub(crate) layers: Vec<Dense>,
    pub(crate) history: Vec<Epoch>,
    pub(crate) chosen_epoch: usize,
}

/// Learns until the AUROC on the early-stopping part has not risen for `patience` rounds.
///
/// `draft` lends its preprocessing; its layers are replaced by those of each round to be judged exactly as they will
/// serve.
pub(crate) fn fit(
    set: &TrainingSet,
    parts: &Parts,
    settings: &Settings,
    recipe: &Recipe,
    draft: &Model,
    mut progress: impl FnMut(Epoch),
) -> Fitted {
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut network = Network::new(recipe.hidden, recipe.hyper, &mut random);
    let mut rows = parts.rows(Part::Train).to_vec();
    let weights = ClassWeights::new(set, &rows, settings.class_balance);
    let batch_size = settings.batch_size.min(rows.len());
    let validation = Validation::new(set, parts);
    let mut draft = draft.clone();
    let mut best: Option<(f64, Fitted)> = None;
    let mut history = Vec::new();

    for number in 0..settings.max_epochs {
        let start = Instant::now();
        batches::shuffle(&mut rows, &mut random);
        // The last rows that do not fill a batch sit this round out; the next has another order.
        let batches = || {
            let prepare = |rows| weights.batch(set, rows, batches::prepared(set, rows, &draft.preprocessing));
            rows.chunks_exact(batch_size).map(prepare)
        };
        let losses: f64 = ahead(batches, |batches| batches.map(|batch| network.step(batch, &mut random)).sum());
        draft.layers = network.layers();
        let epoch = Epoch {
            number,
            train_loss: losses / (rows.len() / batch_size) as f64,
            validation_auroc: validation.auroc(&draft),
            seconds: start.elapsed().as_secs_f64(),
        };
        history.push(epoch);
        progress(epoch);
        let better = best.as_ref().is_none_or(|(auroc, _)| epoch.validation_auroc > *auroc);
        if better {
            let kept = Fitted { layers: draft.layers.clone(), history: Vec::new(), chosen_epoch: number };
            best = Some((epoch.validation_auroc, kept));
        } else if best.as_ref().is_some_and(|(_, kept)| number - kept.chosen_epoch >= settings.patience) {
            break;
        }
    }
    let (_, fitted) = best.expect("the settings ask for at least one round");
    Fitted { history, ..fitted }
}

/// Makes the items on a thread of their own, a few ahead of their use: the order, and so the result, stays the same.
fn ahead<T: Send, I: Iterator<Item = T>, R>(
    items: impl FnOnce() -> I + Send,
    using: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> R {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        scope.spawn(move || items().try_for_each(|item| sender.send(item)));
        using(&mut receiver.into_iter())
    })
}

/// Events weigh more, so that two rows in a hundred are not drowned by the others; the mean weight is 1.
struct ClassWeights {
    event: f32,
    other: f32,
}

impl ClassWeights {
    fn new(set: &TrainingSet, rows: &[u32], balance: f64) -> Self {
        let n = rows.len() as f64;
        let events = rows.iter().filter(|&&row| set.labels[row as usize]).count() as f64;
        let event = ((n - events) / events).powf(balance);
        let mean = (event * events + n - events) / n;
        Self { event: (event / mean) as f32, other: (1.0 / mean) as f32 }
    }

    fn batch(&self, set: &TrainingSet, numbers: &[u32], rows: Vec<f32>) -> Batch {
        let of_rows = |event: f32, other: f32| {
            let one = |&row: &u32| if set.labels[row as usize] { event } else { other };
            numbers.iter().map(one).collect()
        };
        Batch { rows, labels: of_rows(1.0, 0.0), weights: of_rows(self.event, self.other) }
    }
}

/// The early-stopping part, scored after each round.
struct Validation<'a> {
    set: &'a TrainingSet,
    rows: &'a [u32],
    labels: Vec<bool>,
}

impl<'a> Validation<'a> {
    fn new(set: &'a TrainingSet, parts: &'a Parts) -> Self {
        let rows = parts.rows(Part::EarlyStopping);
        Self { set, rows, labels: rows.iter().map(|&row| set.labels[row as usize]).collect() }
    }

    fn auroc(&self, model: &Model) -> f64 {
        let logits = batches::logits(model, self.set, self.rows);
        metrics::auroc(&self.labels, &logits).expect("the part has both classes")
    }
}
