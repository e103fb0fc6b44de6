//! The `wicker` command line.
fn main() {}
