//! Bronze to silver: parse, standardise, deduplicate, validate, derive, score; nothing is lost.
