//! A contract's own error text, taken out of what the chain wraps around it.

/// How the wasm module marks what a contract said.
const MARKS: [&str; 6] = [
    ": execute wasm contract failed",
    ": query wasm contract failed",
    ": instantiate wasm contract failed",
    ": migrate wasm contract failed",
    ": sudo wasm contract failed",
    ": reply wasm contract failed",
];
/// What the sdk puts in front of the message that failed.
const INDEX: &str = "failed to execute message; message index: ";
/// What the wasm module puts in front of a message that a contract sent.
const DISPATCH: &str = "dispatch: submessages: ";

/// A contract's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The contract's own words.
    pub text: String,
    /// Which message of the transaction, where the chain says it.
    pub message: Option<u32>,
}

impl Refusal {
    /// Reads a log; `None` when no contract speaks in it.
    pub fn read(log: &str) -> Option<Self> {
        let end = MARKS.iter().filter_map(|mark| log.find(mark)).min()?;
        let before = log.get(..end)?;
        // A gateway may have put its own words before the sdk's.
        let before = before
            .find(INDEX)
            .and_then(|at| before.get(at..))
            .unwrap_or(before);
        let (message, mut text) = match before.strip_prefix(INDEX) {
            None => (None, before),
            Some(rest) => {
                let (index, rest) = rest.split_once(": ")?;
                (index.parse().ok(), rest)
            }
        };
        while let Some(rest) = text.strip_prefix(DISPATCH) {
            text = rest;
        }
        Some(Self {
            text: text.to_string(),
            message,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(log: &str) -> Option<(String, Option<u32>)> {
        Refusal::read(log).map(|refusal| (refusal.text, refusal.message))
    }

    #[test]
    fn the_contracts_words_are_found_in_logs_of_transactions_and_queries() {
        assert_eq!(
            read("failed to execute message; message index: 2: basket 1: unknown: execute wasm contract failed"),
            Some(("basket 1: unknown".into(), Some(2)))
        );
        assert_eq!(
            read("rpc error: code = Unknown desc = failed to execute message; message index: 0: Unauthorized: execute wasm contract failed [wasmd/keeper.go:450] with gas used: '91': unknown request"),
            Some(("Unauthorized".into(), Some(0)))
        );
        assert_eq!(
            read("there is no position 7: query wasm contract failed: unknown request"),
            Some(("there is no position 7".into(), None))
        );
        assert_eq!(
            read("failed to execute message; message index: 0: dispatch: submessages: no: execute wasm contract failed"),
            Some(("no".into(), Some(0)))
        );
    }

    #[test]
    fn what_no_contract_said_is_not_taken_for_one() {
        assert_eq!(read("insufficient funds"), None);
        assert_eq!(read("failed to execute message; message index: 0: spendable balance 1 is smaller than 2"), None);
    }
}
