//! Parses, runs, and turns the result into an exit code; nothing else.

fn main() {}
