//! The binary from outside: its command line, its HTTP and foreign clients.
