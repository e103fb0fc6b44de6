//! How a program that runs for long stands, for those who run it: tasks that must report within a time, metrics, and a server of both.
//!
//! A program makes a [`Status`], gives each of its parts a [`Task`] that says what was done last or what went wrong, and may start a
//! [`Server`]. Whether a task is well is worked out when somebody asks, from a clock that never goes back ([`board`]).

pub mod board;
pub mod log;
pub mod server;
pub mod stop;

mod answer;
mod metrics;
mod page;
mod status;

pub use prometheus_client;

pub use board::{Watch, Wellness};
pub use log::log;
pub use server::{Server, StatusError};
pub use status::{Clock, Status, Task};
pub use stop::stopped;
