//! What it means to run: supervised scopes, clocks, the process's own memory.
