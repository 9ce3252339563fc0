//! What a feature is and how it is computed from a patient's timeline; pure.
