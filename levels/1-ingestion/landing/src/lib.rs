//! Writes event logs to bronze, untouched and replayable.
