//! Which crashes made the figures. A mean over years may be two afternoons.

use serde::Serialize;

use crate::history::History;
use crate::scenario::clock;

use super::unseen::{Compared, Row, Unseen, RULES};
use super::Pair;

/// Hours without anything missing that part two crashes: a week.
const APART: usize = 168;

/// Openings close to each other of which something was missing under the chosen figures, the study's own or a fixed limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crash {
    /// The first of them.
    pub from: String,
    /// The last.
    pub to: String,
    /// Books that had some.
    pub books: usize,
    /// Openings, over all books.
    pub openings: usize,
    /// Their mean limit, and what of the mean over all books and all unseen openings comes from them.
    #[serde(flatten)]
    pub rules: Compared,
}

/// The crashes in the order of time.
pub fn crashes(history: &History, books: &[Unseen]) -> Vec<Crash> {
    let mut hit: Vec<(usize, usize, Row)> = Vec::new();
    for (book, unseen) in books.iter().enumerate() {
        // Static haircuts lend by another measure, and would add crashes of their own.
        let missing = |row: &Row| row.missing()[..RULES - 1].iter().any(|part| *part > 0.0);
        let rows = unseen.rows.iter().filter(|row| missing(row));
        hit.extend(rows.map(|row| (row.hour, book, *row)));
    }
    hit.sort_by_key(|(hour, book, _)| (*hour, *book));
    let apart = |one: &(usize, usize, Row), next: &(usize, usize, Row)| next.0 < one.0 + APART;
    let crashes = hit.chunk_by(apart);
    crashes.map(|rows| crash(history, books, rows)).collect()
}

fn crash(history: &History, books: &[Unseen], rows: &[(usize, usize, Row)]) -> Crash {
    let time = |row: Option<&(usize, usize, Row)>| clock(history.time(row.map_or(0, |row| row.0)));
    let mut named: Vec<usize> = rows.iter().map(|(_, book, _)| *book).collect();
    named.sort_unstable();
    named.dedup();
    let mut rules = [Pair::default(); RULES];
    let seen = books.iter().filter(|unseen| !unseen.rows.is_empty());
    let seen = seen.count() as f64;
    for (_, book, row) in rows {
        let whole = seen * books.get(*book).map_or(1, |unseen| unseen.rows.len()) as f64;
        for ((rule, limit), missing) in rules.iter_mut().zip(row.limits).zip(row.missing()) {
            rule.ltv += limit / rows.len() as f64;
            rule.shortfall_bp += missing / whole;
        }
    }
    Crash {
        from: time(rows.first()),
        to: time(rows.last()),
        books: named.len(),
        openings: rows.len(),
        rules: rules.into(),
    }
}
