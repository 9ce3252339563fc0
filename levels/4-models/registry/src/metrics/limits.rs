//! How much one batch may hold.

use crate::Error;

const METRICS: usize = 1000;
const PARAMS_OR_TAGS: usize = 100;
const TOGETHER: usize = 1000;

/// Refuses a batch of too many.
pub(crate) fn check(metrics: usize, params: usize, tags: usize) -> Result<(), Error> {
    let counts = [
        ("metrics", METRICS, metrics),
        ("params", PARAMS_OR_TAGS, params),
        ("tags", PARAMS_OR_TAGS, tags),
        ("metrics, params, and tags", TOGETHER, metrics + params + tags),
    ];
    match counts.into_iter().find(|(_, limit, count)| count > limit) {
        None => Ok(()),
        Some((what, limit, count)) => Err(Error::invalid(format!(
            "A batch logging request can contain at most {limit} {what}. Got {count} {what}. Please split up {what} \
             across multiple requests and try again."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_batch_has_an_end() {
        for (metrics, params, tags) in [(1000, 0, 0), (0, 100, 100), (800, 100, 100)] {
            assert!(check(metrics, params, tags).is_ok());
        }
        for (metrics, params, tags, said) in [
            (1001, 0, 0, "at most 1000 metrics. Got 1001"),
            (0, 101, 0, "at most 100 params. Got 101"),
            (0, 0, 101, "at most 100 tags. Got 101"),
            (900, 100, 1, "at most 1000 metrics, params, and tags. Got 1001"),
        ] {
            assert!(check(metrics, params, tags).unwrap_err().to_string().contains(said), "{said}");
        }
    }
}
