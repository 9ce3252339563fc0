//! Names for what nobody named.

use rand::RngExt;

const ADJECTIVES: [&str; 24] = [
    "amber", "bold", "brisk", "calm", "clever", "dapper", "eager", "fair", "gentle", "glad", "keen", "kind", "lively",
    "merry", "mild", "noble", "proud", "quick", "quiet", "rare", "spry", "steady", "sunny", "wise",
];
const ANIMALS: [&str; 24] = [
    "auk", "badger", "crane", "deer", "dove", "finch", "fox", "gull", "hare", "heron", "ibex", "jay", "koi", "lark",
    "lynx", "mole", "newt", "otter", "owl", "seal", "stork", "swan", "toad", "wren",
];

/// Such as `dapper-wren-660`.
pub(crate) fn invent() -> String {
    let mut random = rand::rng();
    let mut pick = |words: &[&'static str]| words.get(random.random_range(0..words.len())).copied().unwrap_or("");
    let (adjective, animal) = (pick(&ADJECTIVES), pick(&ANIMALS));
    format!("{adjective}-{animal}-{}", rand::rng().random_range(0..1000))
}
