//! Composition: builds each level from its configuration and the levels below it.
