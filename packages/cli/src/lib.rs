//! What the `wicker` program is made of, for programs that want a part of it, such as the audit of a live deployment.

pub mod arguments;
pub mod chain;
pub mod lab;
pub mod output;
pub mod tables;
