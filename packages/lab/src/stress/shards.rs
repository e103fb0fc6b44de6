//! Drawn paths shared out over machines.

use std::path::{Path, PathBuf};

use super::outcome::Outcome;
use super::plan::Plan;
use super::random::{rows, summary, Paths, Row};
use super::town::Rule;
use crate::shards::{
    self, count, digest, Column, ParquetError, Record, RowAccessor, Shard, ShardError, Sweep,
};
use crate::study::{counted, StudyError, Watch};

/// What is given beside the plan.
const SEED: &str = "seed";

impl shards::Row for Row {
    const KIND: &'static str = "stress test";

    fn columns() -> Vec<(&'static str, Column<Self>)> {
        vec![
            ("path", Column::Whole(|row| row.path)),
            ("rule", Column::Text(|row| row.outcome.rule.name())),
            ("lent", Column::Real(|row| row.outcome.lent)),
            ("exposed", Column::Real(|row| row.outcome.exposed)),
            ("extra_fall", Column::Real(|row| row.outcome.extra_fall)),
            ("bad_debt", Column::Real(|row| row.outcome.bad_debt)),
            ("underwater", Column::Real(|row| row.outcome.underwater)),
            ("deficit", Column::Real(|row| row.outcome.deficit)),
            ("positions", Column::Whole(|row| row.outcome.positions)),
            ("liquidated", Column::Whole(|row| row.outcome.liquidated)),
            ("dragged", Column::Whole(|row| row.outcome.dragged)),
            ("beside", Column::Whole(|row| row.outcome.beside)),
            ("crossed", Column::Real(|row| row.outcome.crossed)),
            ("holds", Column::Truth(|row| row.outcome.holds)),
        ]
    }

    fn read(record: &Record) -> Result<Option<Self>, ParquetError> {
        let name = record.get_string(1)?;
        let rule = Rule::ALL.into_iter().find(|rule| rule.name() == name);
        let count = |at| count::<u64>(record, at);
        let figure = |at| record.get_double(at);
        let Some(rule) = rule else {
            return Ok(None);
        };
        Ok(Some(Self {
            path: count(0)?,
            outcome: Outcome {
                rule,
                lent: figure(2)?,
                exposed: figure(3)?,
                extra_fall: figure(4)?,
                bad_debt: figure(5)?,
                underwater: figure(6)?,
                deficit: figure(7)?,
                positions: count(8)?,
                liquidated: count(9)?,
                dragged: count(10)?,
                beside: count(11)?,
                crossed: figure(12)?,
                holds: record.get_bool(13)?,
            },
        }))
    }
}

/// Plays a share and writes it. The file appears whole or not at all.
pub fn write(
    plan: &Plan,
    (seed, paths): (u64, u64),
    shard: Shard,
    file: &Path,
    watch: Watch<'_>,
) -> Result<(), StudyError> {
    let share = shard.items(paths);
    let step = counted(watch, (share.end - share.start) as usize);
    let rows = rows(plan, seed, share, &step)?;
    let plan = digest(&serde_json::to_vec(plan).unwrap_or_default());
    let sweep = Sweep::new(
        paths,
        [
            ("plan", plan),
            (SEED, seed.to_string()),
            ("number of paths", paths.to_string()),
        ],
    );
    shards::write(file, sweep, shard, &rows)?;
    Ok(())
}

/// The answer of all shards.
pub fn merge(files: &[PathBuf]) -> Result<Paths, ShardError> {
    let (sweep, rows) = shards::merge::<Row>(files, None, &|share, rows| {
        let expected = share.flat_map(|path| Rule::ALL.map(|rule| (path, rule)));
        expected.eq(rows.iter().map(|row| (row.path, row.outcome.rule)))
    })?;
    let name = || files.first().map(|file| file.display().to_string());
    let seed = sweep.given(SEED).and_then(|seed| seed.parse().ok());
    let seed = seed.ok_or_else(|| ShardError::Foreign(name().unwrap_or_default()))?;
    Ok(summary(seed, rows))
}
