//! Pulls events from elsewhere, one folder per source.
