//! A program's board and metrics, shared between what reports and what answers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::registry::Registry;

use crate::board::{Board, View, Watch};
use crate::metrics;

/// The time since the program's start.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How a program stands. Clones are the same.
#[derive(Clone)]
pub struct Status {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    clock: Clock,
    board: Arc<Mutex<Board>>,
    registry: Mutex<Registry>,
}

/// Through which one part of a program reports. Clones are the same.
#[derive(Clone, Debug)]
pub struct Task {
    status: Status,
    label: String,
}

impl Status {
    /// Nothing yet, of a program with a name for people; its metrics begin with `prefix`.
    pub fn new(name: &str, prefix: &str) -> Self {
        let start = Instant::now();
        Self::with_clock(name, prefix, Arc::new(move || start.elapsed()))
    }

    /// The same with another clock.
    pub fn with_clock(name: &str, prefix: &str, clock: Clock) -> Self {
        let board = Arc::default();
        let mut registry = Registry::with_prefix(prefix);
        metrics::watch(&mut registry, &board, &clock);
        Self {
            shared: Arc::new(Shared {
                name: name.into(),
                clock,
                board,
                registry: Mutex::new(registry),
            }),
        }
    }

    /// The program's name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// How long it runs.
    pub fn uptime(&self) -> Duration {
        (self.shared.clock)()
    }

    /// Expects a task.
    pub fn task(&self, watch: Watch) -> Task {
        let label = watch.label.clone();
        let now = self.uptime();
        self.board().expect(watch, now);
        Task {
            status: self.clone(),
            label,
        }
    }

    /// Adds metrics.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut held(&self.shared.registry));
    }

    /// Shows a figure on the page; an empty one is no longer shown.
    pub fn show(&self, name: &str, figure: impl fmt::Display) {
        self.board().show(name, &figure.to_string());
    }

    /// All tasks as they stand.
    pub fn tasks(&self) -> Vec<View> {
        let now = self.uptime();
        self.board().views(now)
    }

    /// One task as it stands.
    pub fn find(&self, label: &str) -> Option<View> {
        let now = self.uptime();
        self.board().view(label, now)
    }

    /// Why the program is not ready; nothing when it is.
    pub fn reasons(&self) -> Vec<String> {
        let now = self.uptime();
        self.board().reasons(now)
    }

    /// What is shown besides tasks, by name.
    pub fn figures(&self) -> Vec<(String, String)> {
        let board = self.board();
        let figures = board.figures().iter();
        figures
            .map(|(name, figure)| (name.clone(), figure.clone()))
            .collect()
    }

    /// All metrics in Prometheus' text format.
    pub fn metrics(&self) -> Result<String, fmt::Error> {
        metrics::text(&held(&self.shared.registry))
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        held(&self.shared.board)
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("name", &self.shared.name)
            .finish_non_exhaustive()
    }
}

impl Task {
    /// Something was done.
    pub fn done(&self, what: impl fmt::Display) {
        let now = self.status.uptime();
        let mut board = self.status.board();
        board.done(&self.label, &what.to_string(), now);
    }

    /// Something went wrong.
    pub fn failed(&self, why: impl fmt::Display) {
        let now = self.status.uptime();
        let mut board = self.status.board();
        board.failed(&self.label, &why.to_string(), now);
    }
}

/// A lock that a panic elsewhere does not close: a board and a registry are whole between any two statements.
pub(crate) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
