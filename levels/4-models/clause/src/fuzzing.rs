//! A way in for the fuzzer (`cargo xtask fuzz filter`): what strangers write is read or refused.

use crate::{Clause, Malformed, order, parse, split};

/// Reads a text as a filter, as an order and as a name, and panics where what was read is not read as itself again.
pub fn filter(text: &str) {
    let _ = (order(text), split(text));
    let Ok(clauses) = parse(text) else { return };
    let written = clauses.iter().map(Clause::to_string).collect::<Vec<_>>().join(" AND ");
    let again: Result<_, Malformed> = parse(&written);
    assert_eq!(again, Ok(clauses), "{written}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_are_read_or_refused() {
        for seed in strata_testkit::fuzz_seeds("filter") {
            super::filter(&String::from_utf8(seed).unwrap());
        }
    }
}
