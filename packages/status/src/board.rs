//! Tasks and what they reported: pure state, told the time. Times are those since the program's start.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// The longest text that is kept of a report, in bytes.
const LONGEST: usize = 1_000;

/// What is expected of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Its name, as it stands in addresses and metrics.
    pub label: String,
    /// What it does, for people.
    pub about: String,
    /// A report is out of date after this.
    pub limit: Duration,
    /// The program is ready only while it is well.
    pub required: bool,
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wellness {
    /// It has not reported yet and still has time.
    Starting,
    /// Its last report is good and in date.
    Well,
    /// Its last report is an error.
    Failing,
    /// It has not reported for too long.
    OutOfDate,
}

/// A task as it stands, for those who ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// Its name.
    pub label: String,
    /// What it does.
    pub about: String,
    /// How it stands.
    pub state: Wellness,
    /// Whether the program is ready only while this is well.
    pub required: bool,
    /// Seconds since its last report; `None` before the first.
    pub age: Option<u64>,
    /// Seconds after which a report is out of date.
    pub limit: u64,
    /// What it did last.
    pub last: Option<String>,
    /// What went wrong last, though it may be over.
    pub last_error: Option<String>,
    /// Good reports.
    pub successes: u64,
    /// Errors.
    pub errors: u64,
}

/// Tasks by their labels, and what the program shows besides.
#[derive(Debug, Default)]
pub struct Board {
    tasks: BTreeMap<String, Record>,
    figures: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Record {
    watch: Watch,
    since: Duration,
    reported: Option<Duration>,
    failing: bool,
    last: Option<String>,
    last_error: Option<String>,
    successes: u64,
    errors: u64,
}

impl Watch {
    /// A task without which the program is not ready.
    pub fn required(label: &str, about: &str, limit: Duration) -> Self {
        Self {
            label: label.into(),
            about: about.into(),
            limit,
            required: true,
        }
    }

    /// A task that is shown and judged and that the program can go without.
    pub fn optional(label: &str, about: &str, limit: Duration) -> Self {
        Self {
            required: false,
            ..Self::required(label, about, limit)
        }
    }
}

impl Wellness {
    /// True when nothing is wrong and something was done.
    pub const fn is_well(self) -> bool {
        matches!(self, Self::Well)
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Well => "well",
            Self::Failing => "failing",
            Self::OutOfDate => "out of date",
        }
    }
}

impl Board {
    /// Expects a task's reports from `now` on. One of the same label is forgotten.
    pub fn expect(&mut self, watch: Watch, now: Duration) {
        let record = Record {
            since: now,
            reported: None,
            failing: false,
            last: None,
            last_error: None,
            successes: 0,
            errors: 0,
            watch,
        };
        self.tasks.insert(record.watch.label.clone(), record);
    }

    /// A task has done something.
    pub fn done(&mut self, label: &str, what: &str, now: Duration) {
        if let Some(record) = self.tasks.get_mut(label) {
            record.reported = Some(now);
            record.failing = false;
            record.last = Some(cut(what));
            record.successes = record.successes.saturating_add(1);
        }
    }

    /// A task could not do what it should.
    pub fn failed(&mut self, label: &str, why: &str, now: Duration) {
        if let Some(record) = self.tasks.get_mut(label) {
            record.reported = Some(now);
            record.failing = true;
            record.last_error = Some(cut(why));
            record.errors = record.errors.saturating_add(1);
        }
    }

    /// Shows a figure; an empty one is no longer shown.
    pub fn show(&mut self, name: &str, figure: &str) {
        match figure.is_empty() {
            true => self.figures.remove(name),
            false => self.figures.insert(name.into(), cut(figure)),
        };
    }

    /// What is shown besides tasks.
    pub const fn figures(&self) -> &BTreeMap<String, String> {
        &self.figures
    }

    /// All tasks, by label.
    pub fn views(&self, now: Duration) -> Vec<View> {
        self.tasks.values().map(|record| record.view(now)).collect()
    }

    /// One task.
    pub fn view(&self, label: &str, now: Duration) -> Option<View> {
        self.tasks.get(label).map(|record| record.view(now))
    }

    /// Why the program is not ready, a line for each required task; nothing when it is.
    pub fn reasons(&self, now: Duration) -> Vec<String> {
        let views = self.views(now).into_iter();
        views
            .filter(|view| view.required && !view.state.is_well())
            .map(|view| view.reason())
            .collect()
    }
}

impl Record {
    fn state(&self, now: Duration) -> Wellness {
        let late = now.saturating_sub(self.reported.unwrap_or(self.since)) > self.watch.limit;
        match self.reported {
            _ if late => Wellness::OutOfDate,
            None => Wellness::Starting,
            Some(_) if self.failing => Wellness::Failing,
            Some(_) => Wellness::Well,
        }
    }

    fn view(&self, now: Duration) -> View {
        View {
            label: self.watch.label.clone(),
            about: self.watch.about.clone(),
            state: self.state(now),
            required: self.watch.required,
            age: self.reported.map(|then| now.saturating_sub(then).as_secs()),
            limit: self.watch.limit.as_secs(),
            last: self.last.clone(),
            last_error: self.last_error.clone(),
            successes: self.successes,
            errors: self.errors,
        }
    }
}

impl View {
    /// How it stands and why, in a line.
    pub fn reason(&self) -> String {
        let (label, state) = (&self.label, self.state.words());
        let why = match (self.state, &self.last, &self.last_error) {
            (Wellness::Failing, _, Some(why)) | (Wellness::Well, Some(why), _) => why.clone(),
            (Wellness::OutOfDate, ..) => match self.age {
                Some(age) => format!("no report for {age} s, {} s allowed", self.limit),
                None => format!("no report yet, {} s allowed", self.limit),
            },
            _ => "no report yet".into(),
        };
        format!("{label}: {state}: {why}")
    }
}

/// A text of bounded length, whatever a node or a price source has said.
fn cut(text: &str) -> String {
    match text.char_indices().find(|(at, _)| *at >= LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn board() -> Board {
        let mut board = Board::default();
        board.expect(Watch::required("follow", "reads blocks", at(10)), at(100));
        board.expect(Watch::optional("wallet", "reads balances", at(60)), at(100));
        board
    }

    fn state(board: &Board, now: u64) -> Wellness {
        board.view("follow", at(now)).unwrap().state
    }

    #[test]
    fn a_task_is_well_from_its_first_good_report_until_its_limit_has_passed() {
        let mut board = board();
        assert_eq!(state(&board, 110), Wellness::Starting);
        assert_eq!(state(&board, 111), Wellness::OutOfDate);
        board.done("follow", "block 7", at(111));
        assert_eq!(state(&board, 121), Wellness::Well);
        assert_eq!(state(&board, 122), Wellness::OutOfDate);
        // A clock that is read before the report was made is no trouble.
        assert_eq!(state(&board, 105), Wellness::Well);
    }

    #[test]
    fn an_error_fails_a_task_until_its_next_good_report_and_is_remembered() {
        let mut board = board();
        board.done("follow", "block 7", at(101));
        board.failed("follow", "no node", at(102));
        assert_eq!(state(&board, 103), Wellness::Failing);
        // A failure is out of date too when nothing follows it.
        assert_eq!(state(&board, 113), Wellness::OutOfDate);
        board.done("follow", "block 9", at(114));
        let view = board.view("follow", at(116)).unwrap();
        assert_eq!(view.state, Wellness::Well);
        assert_eq!((view.age, view.successes, view.errors), (Some(2), 2, 1));
        assert_eq!(view.last.as_deref(), Some("block 9"));
        assert_eq!(view.last_error.as_deref(), Some("no node"));
    }

    #[test]
    fn readiness_asks_for_required_tasks_only_and_says_why() {
        let mut board = board();
        assert_eq!(
            board.reasons(at(101)),
            ["follow: starting: no report yet".to_string()]
        );
        board.failed("wallet", "too little", at(101));
        board.done("follow", "block 7", at(101));
        assert!(board.reasons(at(102)).is_empty());
        board.failed("follow", "no node", at(103));
        assert_eq!(board.reasons(at(104)), ["follow: failing: no node"]);
        assert_eq!(
            board.reasons(at(120)),
            ["follow: out of date: no report for 17 s, 10 s allowed"]
        );
    }

    #[test]
    fn a_report_of_any_length_is_kept_short_and_one_of_nobody_is_dropped() {
        let mut board = board();
        board.failed("follow", &"é".repeat(5_000), at(101));
        board.done("nobody", "x", at(101));
        let view = board.view("follow", at(102)).unwrap();
        assert_eq!(view.last_error.unwrap().chars().count(), 501);
        assert!(board.view("nobody", at(102)).is_none());
    }

    #[test]
    fn a_figure_is_shown_until_it_is_empty() {
        let mut board = board();
        board.show("block", "7");
        board.show("block", "8");
        assert_eq!(board.figures().get("block").unwrap(), "8");
        board.show("block", "");
        assert!(board.figures().is_empty());
    }
}
