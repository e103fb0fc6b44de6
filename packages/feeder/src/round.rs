//! What a round came to, for the log.

use serde::Serialize;
use wicker_engine::price::format;

use crate::judge::{Decision, Doubt, Hold, Judged};

/// What a round came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Round {
    /// When, in seconds since 1970.
    pub now: u64,
    /// By denom.
    pub denoms: Vec<Seen>,
    /// What needs a person.
    pub alarms: Vec<Alarm>,
    /// The hash of the report's transaction, which is in a block.
    pub sent: Option<String>,
    /// Prices that the oracle refused, and why.
    pub refused: Vec<(String, String)>,
    /// Why nothing was sent although something was due.
    pub held_back: Option<String>,
}

/// What became of a denom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The denom.
    pub denom: String,
    /// What its inputs agree on, in dollars.
    pub price: Option<String>,
    /// Of which time that is.
    pub of: Option<u64>,
    /// True when it is to be reported.
    pub due: bool,
    /// Why it is, or is not.
    pub why: String,
    /// Observations that did not count: input and reason.
    pub dropped: Vec<(String, String)>,
}

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// What kind: `inputs`, `outlier`, `late`, `refused`, `foreign`, `wallet`, `failing`.
    pub kind: &'static str,
    /// The denom, the input or the account.
    pub about: String,
    /// In words.
    pub why: String,
}

impl Round {
    /// How much the log should make of it.
    pub fn level(&self) -> &'static str {
        match (self.held_back.is_some(), self.alarms.is_empty()) {
            (true, _) => "error",
            (_, false) => "warn",
            _ => "info",
        }
    }

    /// In a line.
    pub fn words(&self) -> String {
        let due = self.denoms.iter().filter(|seen| seen.due).count();
        let (all, alarms) = (self.denoms.len(), self.alarms.len());
        format!("{due} of {all} denoms due, {alarms} alarms")
    }
}

impl Alarm {
    /// An alarm.
    pub fn new(kind: &'static str, about: &str, why: impl ToString) -> Self {
        Self {
            kind,
            about: about.into(),
            why: why.to_string(),
        }
    }
}

impl Seen {
    /// Of a judgement, with those observations that could not be read.
    pub fn new(denom: &str, judged: &Judged, unread: Vec<(String, String)>) -> Self {
        let (due, why) = match &judged.decision {
            Decision::Report(_, cause) => (true, cause.words().to_string()),
            Decision::Hold(hold) => (false, hold.to_string()),
        };
        let doubtful = judged.dropped.iter();
        let doubtful = doubtful.map(|one| (one.input.clone(), one.why.to_string()));
        Self {
            denom: denom.into(),
            price: judged.agreed.map(|quote| format(quote.price)),
            of: judged.agreed.map(|quote| quote.time.get()),
            due,
            why,
            dropped: unread.into_iter().chain(doubtful).collect(),
        }
    }

    /// What of it needs a person.
    pub fn alarms(&self, judged: &Judged) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        if let Decision::Hold(hold @ Hold::Few { .. }) = judged.decision {
            alarms.push(Alarm::new("inputs", &self.denom, hold));
        }
        let outliers = judged.dropped.iter();
        for one in outliers.filter(|one| matches!(one.why, Doubt::Outlier { .. })) {
            let about = format!("{} {}", one.input, self.denom);
            alarms.push(Alarm::new("outlier", &about, one.why));
        }
        alarms
    }
}
