//! Named, immutable objects: put once, list, read.
