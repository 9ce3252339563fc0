//! Tests that hold the architecture: levels, homes of heavy dependencies, tidiness.
