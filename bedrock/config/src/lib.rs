//! Layers, checks and prints the configuration.
