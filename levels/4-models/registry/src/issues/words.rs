//! The words for the status and the severity of an issue, in their order.

use crate::Error;

/// One of the two.
#[derive(Debug)]
pub(super) struct Words {
    /// The field that has one of them.
    pub(super) field: &'static str,
    column: &'static str,
    known: &'static [&'static str],
    /// The place of what is none of them.
    else_at: i64,
}

pub(super) const STATUS: Words =
    Words { field: "status", column: "i.status", known: &["pending", "rejected", "resolved"], else_at: 3 };
/// From the least.
pub(super) const SEVERITY: Words =
    Words { field: "severity", column: "i.severity", known: &["not_an_issue", "low", "medium", "high"], else_at: -1 };

/// Of an issue of which nothing is said.
pub(super) const PENDING: &str = "pending";

impl Words {
    /// It is one of them.
    pub(super) fn check(&self, word: &str) -> Result<(), Error> {
        if self.known.contains(&word) {
            return Ok(());
        }
        Err(Error::invalid(format!("Invalid issue {}: '{word}'", self.field)))
    }

    /// The place of a row's word among them, as an expression.
    pub(super) fn place(&self) -> String {
        let cases = self.known.iter().enumerate().map(|(place, word)| format!("WHEN '{word}' THEN {place}"));
        format!("CASE {} {} ELSE {} END", self.column, cases.collect::<Vec<_>>().join(" "), self.else_at)
    }
}
