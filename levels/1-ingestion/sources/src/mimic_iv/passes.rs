//! What has to be put together over a whole table is put together a share of the subjects at a time,
//! so that memory stays bounded however large the set is.

/// Compressed bytes of a table of which one pass keeps what it needs: a few times that in memory.
const BYTES_A_PASS: u64 = 128 << 20;

/// One reading of a table, for a share of the subjects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pass {
    number: u64,
    of: u64,
}

impl Pass {
    /// The passes over tables of so many bytes.
    pub(super) fn over(bytes: u64) -> impl Iterator<Item = Self> {
        let of = bytes / BYTES_A_PASS + 1;
        (0..of).map(move |number| Self { number, of })
    }

    /// Whether this pass is about a subject; each subject belongs to one pass.
    pub(super) fn takes(self, subject: u64) -> bool {
        subject % self.of == self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_is_in_one_pass() {
        assert_eq!(Pass::over(0).count(), 1);
        let passes: Vec<_> = Pass::over(3 * BYTES_A_PASS).collect();
        for subject in 10_000_000..10_000_100 {
            assert_eq!(passes.iter().filter(|pass| pass.takes(subject)).count(), 1);
        }
    }
}
