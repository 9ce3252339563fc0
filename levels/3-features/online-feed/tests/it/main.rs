//! What the feed promises: the online store gives what silver gives, whatever comes and however.

#[cfg(test)]
mod world;

#[cfg(test)]
mod law;
