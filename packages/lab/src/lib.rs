//! The lab: price paths, real or drawn, played through the real contracts, and what comes of it.
//!
//! Numbers here are for reading and drawing and may be floats; nothing of this runs in a contract.

pub mod allocate;
pub mod answers;
pub mod audit;
pub mod backtest;
pub mod bank;
pub mod books;
pub mod calibrate;
pub mod chain;
pub mod demo;
pub mod depth;
pub mod error;
pub mod factory;
pub mod feed;
pub mod fork;
pub mod history;
pub mod keeper;
pub mod measure;
pub mod parallel;
pub mod path;
pub mod people;
pub mod plots;
pub mod prices;
pub mod records;
pub mod report;
pub mod run;
pub mod scenario;
pub mod segment;
pub mod setup;
pub mod shards;
pub mod stage;
pub mod stats;
pub mod story;
pub mod stress;
pub mod study;
pub mod trouble;
pub mod view;
pub mod watch;
pub mod world;
