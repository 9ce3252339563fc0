//! What the page says, and what it never does.

// Marked, because clippy lets only what is marked as a test panic as tests do.
#[cfg(test)]
mod stacks;

#[cfg(test)]
mod essentials;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod served;
