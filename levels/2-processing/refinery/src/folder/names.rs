//! Ids of patients and sources as numbers: each thread's own while it parses, their common order afterwards.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// Texts of one thread, numbered as they come, each with what goes with it.
#[derive(Debug)]
pub(super) struct Names<T>(HashMap<Box<[u8]>, (u32, T), FixedState>);

impl<T: Copy> Names<T> {
    pub(super) fn new() -> Self {
        Self(HashMap::default())
    }

    /// The number of a text, and what goes with it, which is found once.
    #[inline]
    pub(super) fn number(&mut self, text: &[u8], found: impl FnOnce() -> T) -> (u32, T) {
        if let Some(known) = self.0.get(text) {
            return *known;
        }
        let new = (self.0.len() as u32, found());
        self.0.insert(text.into(), new);
        new
    }
}

/// The texts of all threads in their order.
#[derive(Debug)]
pub(super) struct Ranked {
    texts: Vec<Box<str>>,
    ranks: Vec<Vec<u32>>,
}

impl Ranked {
    pub(super) fn of<T>(workers: Vec<Names<T>>) -> Self {
        let mut ranks: Vec<Vec<u32>> = workers.iter().map(|names| vec![0; names.0.len()]).collect();
        let all = workers.into_iter().enumerate();
        let mut all: Vec<(Box<[u8]>, usize, u32)> = all
            .flat_map(|(worker, names)| names.0.into_iter().map(move |(text, (number, _))| (text, worker, number)))
            .collect();
        all.sort_unstable();
        let mut texts: Vec<Box<str>> = Vec::new();
        for (text, worker, number) in all {
            if texts.last().is_none_or(|last| last.as_bytes() != &*text) {
                let text = String::from_utf8(text.into_vec()).expect("only texts are given numbers");
                texts.push(text.into());
            }
            ranks[worker][number as usize] = texts.len() as u32 - 1;
        }
        Self { texts, ranks }
    }

    /// The rank of a thread's number.
    #[inline]
    pub(super) fn rank(&self, worker: usize, number: u32) -> u32 {
        self.ranks[worker][number as usize]
    }

    pub(super) fn text(&self, rank: u32) -> &str {
        &self.texts[rank as usize]
    }
}
