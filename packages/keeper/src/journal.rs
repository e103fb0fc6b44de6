//! What was seen, done and came of it, in SQLite. A transaction is written down signed, with its hash and the last block that can take
//! it, before any node is given it: after a crash its hash is looked up, and nothing is planned before it is known or void.

use std::fs::{File, OpenOptions};
use std::path::Path;

use rusqlite::{params, Connection, OptionalExtension, Row};

use crate::error::KeeperError;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS writer (id INTEGER PRIMARY KEY CHECK (id = 1), whose TEXT NOT NULL, pid INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS actions (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intended', 'signed', 'sent', 'confirmed', 'failed', 'void')),
    items TEXT NOT NULL,
    payment TEXT NOT NULL,
    loss TEXT NOT NULL,
    fee TEXT NOT NULL DEFAULT '0',
    hash TEXT,
    sequence INTEGER,
    valid_until INTEGER,
    height INTEGER,
    gas_used INTEGER,
    note TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS actions_by_time ON actions (time);
CREATE TABLE IF NOT EXISTS results (
    action INTEGER NOT NULL REFERENCES actions (id),
    position INTEGER NOT NULL,
    done INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (action, position)
) STRICT;
CREATE TABLE IF NOT EXISTS seen (
    position INTEGER PRIMARY KEY,
    first_height INTEGER NOT NULL,
    last_height INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;
";
const DAY: u64 = 86_400;
const COLUMNS: &str = "id, state, hash, sequence, valid_until, fee";

/// A journal that nobody else writes.
#[derive(Debug)]
pub struct Journal {
    db: Connection,
    /// Held as long as this lives; the system lets go of it when the program ends in whatever way.
    _lock: File,
}

/// A transaction that may be in a block, or come into one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its number here.
    pub id: i64,
    /// `intended`, `signed` or `sent`.
    pub state: String,
    /// Its hash; `None` when it was never signed.
    pub hash: Option<String>,
    /// Its sequence.
    pub sequence: Option<u64>,
    /// The last block that can take it.
    pub valid_until: Option<u64>,
    /// What it pays at most, in dollars at 1e-18.
    pub fee: u128,
}

/// What is about to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The chain's time.
    pub time: u64,
    /// The liquidations, as JSON.
    pub items: String,
    /// Base units of debt.
    pub payment: u128,
    /// Dollars at 1e-18 that it loses.
    pub loss: u128,
}

/// What a transaction was signed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Its hash.
    pub hash: String,
    /// Its sequence.
    pub sequence: u64,
    /// The last block that can take it.
    pub valid_until: u64,
    /// What it pays at most, in dollars at 1e-18.
    pub fee: u128,
}

/// What was spent within a day, in dollars at 1e-18.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Fees.
    pub gas: u128,
    /// Losses.
    pub loss: u128,
}

impl Journal {
    /// Opens or makes a journal of `whose`: chain, contract and account. Errors when another keeper has it, or it is another's.
    pub fn open(path: &Path, whose: &str) -> Result<Self, KeeperError> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let file = |why: std::io::Error| KeeperError::File {
            path: path.display().to_string(),
            why: why.to_string(),
        };
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&beside)
            .map_err(file)?;
        if lock.try_lock().is_err() {
            return Err(KeeperError::Locked(path.display().to_string()));
        }
        let db = Connection::open(path)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // Each step is on the disk before the next one is taken.
        db.pragma_update(None, "synchronous", "FULL")?;
        db.execute_batch(SCHEMA)?;
        let journal = Self { db, _lock: lock };
        journal.claim(whose)?;
        Ok(journal)
    }

    fn claim(&self, whose: &str) -> Result<(), KeeperError> {
        let found: Option<String> = self
            .db
            .query_row("SELECT whose FROM writer", [], |row| row.get(0))
            .optional()?;
        if let Some(found) = found.filter(|found| found != whose) {
            return Err(KeeperError::OtherJournal {
                found,
                expected: whose.into(),
            });
        }
        let sql = "INSERT OR REPLACE INTO writer (id, whose, pid) VALUES (1, ?1, ?2)";
        self.db.execute(sql, params![whose, std::process::id()])?;
        Ok(())
    }

    /// Writes down what is about to be done; nothing is signed yet.
    pub fn intend(&self, intent: &Intent) -> Result<i64, KeeperError> {
        let sql = "INSERT INTO actions (time, state, items, payment, loss) VALUES (?1, 'intended', ?2, ?3, ?4)";
        let (payment, loss) = (intent.payment.to_string(), intent.loss.to_string());
        self.db
            .execute(sql, params![intent.time, intent.items, payment, loss])?;
        Ok(self.db.last_insert_rowid())
    }

    /// Writes down what was signed; nobody has been given it yet.
    pub fn sign(&self, id: i64, signature: &Signature) -> Result<(), KeeperError> {
        let sql = "UPDATE actions SET state = 'signed', hash = ?2, sequence = ?3, valid_until = ?4, fee = ?5 WHERE id = ?1";
        let Signature {
            hash,
            sequence,
            valid_until,
            fee,
        } = signature;
        self.db.execute(
            sql,
            params![id, hash, sequence, valid_until, fee.to_string()],
        )?;
        Ok(())
    }

    /// Writes down that a node has it.
    pub fn send(&self, id: i64) -> Result<(), KeeperError> {
        self.db
            .execute("UPDATE actions SET state = 'sent' WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Writes down that it is in a block and did what it should, as each position's result says.
    pub fn confirm(
        &mut self,
        id: i64,
        (height, gas_used): (u64, u64),
        results: &[(u64, bool, String)],
    ) -> Result<(), KeeperError> {
        let write = self.db.transaction()?;
        let sql =
            "UPDATE actions SET state = 'confirmed', height = ?2, gas_used = ?3 WHERE id = ?1";
        write.execute(sql, params![id, height, gas_used])?;
        for (position, done, note) in results {
            let sql = "INSERT OR REPLACE INTO results (action, position, done, note) VALUES (?1, ?2, ?3, ?4)";
            write.execute(sql, params![id, position, done, note])?;
        }
        write.commit()?;
        Ok(())
    }

    /// Writes down that it is in a block and failed: its fee is paid and nothing else happened.
    pub fn fail(&self, id: i64, height: u64, note: &str) -> Result<(), KeeperError> {
        let sql =
            "UPDATE actions SET state = 'failed', height = ?2, note = ?3, loss = '0' WHERE id = ?1";
        self.db.execute(sql, params![id, height, note])?;
        Ok(())
    }

    /// Writes down that it is in no block and never will be: nothing was spent.
    pub fn void(&self, id: i64, note: &str) -> Result<(), KeeperError> {
        let sql =
            "UPDATE actions SET state = 'void', note = ?2, loss = '0', fee = '0' WHERE id = ?1";
        self.db.execute(sql, params![id, note])?;
        Ok(())
    }

    /// Writes down a position under its margin and what is to be done about it.
    pub fn see(&mut self, height: u64, positions: &[(u64, String)]) -> Result<(), KeeperError> {
        let write = self.db.transaction()?;
        for (position, note) in positions {
            let sql = "INSERT INTO seen (position, first_height, last_height, note) VALUES (?1, ?2, ?2, ?3)
                ON CONFLICT (position) DO UPDATE SET last_height = ?2, note = ?3";
            write.execute(sql, params![position, height, note])?;
        }
        write.commit()?;
        Ok(())
    }

    /// Transactions of which it is not known what became of them, the oldest first.
    pub fn open_actions(&self) -> Result<Vec<Open>, KeeperError> {
        let sql = format!("SELECT {COLUMNS} FROM actions WHERE state IN ('intended', 'signed', 'sent') ORDER BY id");
        let mut found = self.db.prepare(&sql)?;
        let rows = found.query_map([], open)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What was spent on the day of `time`, and what may still be, of transactions that are not known to be void.
    pub fn spent(&self, time: u64) -> Result<Spent, KeeperError> {
        let day = time - time % DAY;
        let sql = "SELECT fee, loss FROM actions WHERE time >= ?1 AND state != 'void'";
        let mut found = self.db.prepare(sql)?;
        let rows = found.query_map([day], |row| Ok((number(row, 0)?, number(row, 1)?)))?;
        let mut spent = Spent::default();
        for row in rows {
            let (gas, loss) = row?;
            spent.gas = spent.gas.saturating_add(gas);
            spent.loss = spent.loss.saturating_add(loss);
        }
        Ok(spent)
    }

    /// How many of the newest transactions in a row came to nothing, and when the newest one was planned.
    pub fn failures(&self, most: usize) -> Result<(usize, u64), KeeperError> {
        let sql = "SELECT state, time FROM actions WHERE state IN ('confirmed', 'failed', 'void') ORDER BY id DESC LIMIT ?1";
        let mut found = self.db.prepare(sql)?;
        let rows = found.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?))
        })?;
        let (mut count, mut last) = (0usize, 0u64);
        for row in rows {
            let (state, time) = row?;
            if state == "confirmed" {
                break;
            }
            (count, last) = (count.saturating_add(1), last.max(time));
        }
        Ok((count, last))
    }

    /// What became of each position of a confirmed transaction: whether it was liquidated, and how much was repaid or why not.
    pub fn results(&self) -> Result<Vec<(u64, bool, String)>, KeeperError> {
        let sql = "SELECT position, done, note FROM results ORDER BY action, position";
        let mut found = self.db.prepare(sql)?;
        let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest block that any of its transactions is in; zero when none is in any.
    pub fn settled(&self) -> Result<u64, KeeperError> {
        let sql = "SELECT coalesce(max(height), 0) FROM actions";
        Ok(self.db.query_row(sql, [], |row| row.get(0))?)
    }

    /// Hashes of its transactions that did what they should, and their blocks, the oldest first.
    pub fn confirmed(&self) -> Result<Vec<(String, u64)>, KeeperError> {
        let sql = "SELECT hash, height FROM actions WHERE state = 'confirmed' ORDER BY id";
        let mut found = self.db.prepare(sql)?;
        let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many positions of confirmed transactions were liquidated, and how many the contract skipped.
    pub fn outcomes(&self) -> Result<(u64, u64), KeeperError> {
        let sql =
            "SELECT count(*) FILTER (WHERE done), count(*) FILTER (WHERE NOT done) FROM results";
        let found = self
            .db
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found?)
    }

    /// How many transactions are in each state.
    pub fn counts(&self) -> Result<Vec<(String, u64)>, KeeperError> {
        let sql = "SELECT state, count(*) FROM actions GROUP BY state ORDER BY state";
        let mut found = self.db.prepare(sql)?;
        let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn open(row: &Row<'_>) -> rusqlite::Result<Open> {
    Ok(Open {
        id: row.get(0)?,
        state: row.get(1)?,
        hash: row.get(2)?,
        sequence: row.get(3)?,
        valid_until: row.get(4)?,
        fee: number(row, 5)?,
    })
}

/// An amount: SQLite's own numbers have 64 bits. One that cannot be read counts as all there is.
fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<u128> {
    let text: String = row.get(at)?;
    Ok(text.parse().unwrap_or(u128::MAX))
}
