//! The figures behind the charts, thinned out to what a chart can show.

use kodama::{linkage, Method};
use wicker_engine::correlation::Correlations;

use super::svg::{Joint, Line};
use crate::backtest::edge::Edge;
use crate::backtest::outcome::OWN;
use crate::backtest::{judge, placed, Judged, Report, Run};
use crate::books::{Basket, Book, Study};
use crate::history::History;
use crate::measure::Track;
use crate::run::play;
use crate::segment::cluster::distance;
use crate::stress::draw;
use crate::stress::plan::Plan;
use crate::stress::town::{self, Rule};
use crate::study::{StudyError, Watch};

/// About how many points a line has.
const POINTS: usize = 180;
/// A unit of the engine's whole numbers.
const UNIT: f64 = 1e18;

/// What the page shows of a history.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The backtest.
    pub backtest: Report,
    /// Of each book, its margin and what was lost.
    pub books: Vec<Margins>,
    /// Openings under water so far, by rule, over all books.
    pub breaches: Vec<Line>,
    /// The widest basket.
    pub basket: Basket,
    /// The last correlations of its collaterals, row by row.
    pub correlations: Vec<Vec<f64>>,
    /// Their mean through time.
    pub mean: Line,
    /// How its collaterals join.
    pub joints: Vec<Joint>,
    /// The book with the most assets, and each one's share of its risk.
    pub weights: (Book, Vec<Line>),
}

/// A book's margin and what was lost.
#[derive(Debug, Clone)]
pub struct Margins {
    /// Its name.
    pub book: String,
    /// The least margin within each stretch.
    pub margin: Line,
    /// The largest loss within 24 hours of an opening of it.
    pub loss: Line,
    /// Openings that lost more than their margin.
    pub breaches: usize,
}

impl Figures {
    /// Works them out.
    pub fn new(study: &Study, history: &History, watch: Watch<'_>) -> Result<Self, StudyError> {
        // Drawn books are many and have tables of their own; a page for reading does without.
        let mut study = study.clone();
        study.random.clear();
        let Judged {
            report,
            tracks,
            runs,
        } = judge(&study, history, watch)?;
        let widest = study.baskets.iter().zip(&tracks);
        let widest = widest.max_by_key(|(basket, _)| basket.collaterals.len());
        let (basket, track) = widest.ok_or_else(|| missing("a basket"))?;
        let books = study.books.iter().zip(&runs);
        let margins = books.map(|(book, run)| margins(history, book, run));
        Ok(Self {
            books: margins.collect(),
            breaches: breaches(history, &runs, &report),
            correlations: last(track, basket.collaterals.len()),
            mean: mean(history, track, basket.collaterals.len()),
            joints: joints(track, basket.collaterals.len()),
            weights: weights(&study, history, (&tracks, &runs))?,
            basket: basket.clone(),
            backtest: report,
        })
    }
}

fn missing(what: &str) -> StudyError {
    StudyError::unknown("a report", what)
}

/// How many neighbours share a point.
fn stride(count: usize) -> usize {
    count.div_ceil(POINTS).max(1)
}

fn margins(history: &History, book: &Book, run: &Run) -> Margins {
    let openings = run.outcomes.hours.iter().zip(&run.outcomes.worst);
    let openings: Vec<(f64, f64, f64)> = openings
        .zip(&run.limits)
        .map(|((hour, worst), limit)| {
            let lost = 1.0 - worst.get(OWN).copied().unwrap_or(1.0);
            (history.time(*hour) as f64, 1.0 - limit, lost)
        })
        .collect();
    let (mut margin, mut loss) = (Vec::new(), Vec::new());
    for some in openings.chunks(stride(openings.len())) {
        let time = some.first().map_or(0.0, |one| one.0);
        // The opening that came nearest to its margin stands for its stretch, so that a breach is never thinned away.
        let nearest = some
            .iter()
            .max_by(|one, other| (one.2 - one.1).total_cmp(&(other.2 - other.1)));
        if let Some((_, asked, lost)) = nearest {
            margin.push((time, *asked));
            loss.push((time, lost.max(0.0)));
        }
    }
    let line = |name: &str, points| Line {
        name: name.into(),
        points,
    };
    Margins {
        book: book.name.clone(),
        margin: line("margin", margin),
        loss: line("loss within 24 hours", loss),
        breaches: openings.iter().filter(|one| one.2 > one.1).count(),
    }
}

/// Breaches so far of the measured margin, of the fixed limit of the same mean, and of static haircuts.
fn breaches(history: &History, runs: &[Run], report: &Report) -> Vec<Line> {
    let rules = ["measured margin", "fixed limit", "static haircuts"];
    let lines = rules.iter().enumerate().map(|(rule, name)| {
        let mut fallen: Vec<usize> = Vec::new();
        for (run, book) in runs.iter().zip(&report.books) {
            let openings = run.outcomes.hours.iter().zip(&run.outcomes.worst);
            let judged = openings.zip(&run.limits).filter(|((_, worst), limit)| {
                let limit = match rule {
                    0 => **limit,
                    1 => book.fixed.ltv,
                    _ => book.haircuts.ltv,
                };
                worst.get(OWN).is_some_and(|low| *low < limit)
            });
            fallen.extend(judged.map(|((hour, _), _)| *hour));
        }
        fallen.sort_unstable();
        let step = stride(history.hours());
        let mut points = Vec::new();
        for hour in (0..history.hours()).step_by(step) {
            let so_far = fallen.partition_point(|one| *one <= hour);
            points.push((history.time(hour) as f64, so_far as f64));
        }
        Line {
            name: (*name).into(),
            points,
        }
    });
    lines.collect()
}

fn rho(correlations: &Correlations, i: usize, j: usize) -> f64 {
    correlations.rho(i, j) as f64 / UNIT
}

fn last(track: &Track, legs: usize) -> Vec<Vec<f64>> {
    let Some(correlations) = track.correlations(track.hours().saturating_sub(1)) else {
        return Vec::new();
    };
    let row = |i| (0..legs).map(|j| rho(correlations, i, j)).collect();
    (0..legs).map(row).collect()
}

/// The mean over the pairs that had prices, from the hour in which two did.
fn mean(history: &History, track: &Track, legs: usize) -> Line {
    let mut points = Vec::new();
    for hour in (0..history.hours()).step_by(stride(history.hours())) {
        let traded = |leg: &usize| {
            let column = track.columns.get(*leg).copied().flatten();
            column.is_some_and(|column| history.price(hour, column).is_some())
        };
        let there: Vec<usize> = (0..legs).filter(traded).collect();
        let Some(correlations) = track.correlations(hour) else {
            continue;
        };
        let pairs = there.iter().enumerate().flat_map(|(at, i)| {
            let others = there.iter().skip(at + 1);
            others.map(move |j| rho(correlations, *i, *j))
        });
        let pairs: Vec<f64> = pairs.collect();
        if !pairs.is_empty() {
            let mean = crate::stats::mean(pairs.iter().copied());
            points.push((history.time(hour) as f64, mean));
        }
    }
    Line {
        name: "mean correlation".into(),
        points,
    }
}

fn joints(track: &Track, legs: usize) -> Vec<Joint> {
    let rows = last(track, legs);
    if rows.is_empty() {
        return Vec::new();
    }
    let mut condensed = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        condensed.extend(row.iter().skip(i + 1).map(|rho| distance(*rho)));
    }
    let tree = linkage(&mut condensed, legs, Method::Average);
    let steps = tree.steps().iter();
    steps
        .map(|step| (step.cluster1, step.cluster2, step.dissimilarity))
        .collect()
}

/// ω of the book with the most assets, at the edge of its margin.
fn weights(
    study: &Study,
    history: &History,
    (tracks, runs): (&[Track], &[Run]),
) -> Result<(Book, Vec<Line>), StudyError> {
    let books = study.books.iter().zip(runs);
    let (book, run) = books
        .max_by_key(|(book, _)| book.weights.len())
        .ok_or_else(|| missing("a book"))?;
    let (basket, track) = placed(study, tracks, &book.basket)?;
    let margin = &study.margin;
    let edge = Edge::new(
        track,
        &run.portfolio,
        (margin.kappa(margin.z), basket.stress),
        true,
    );
    let mut lines: Vec<Line> = run
        .portfolio
        .shares
        .iter()
        .filter_map(|(leg, share)| {
            let name = basket.collaterals.get(*leg)?;
            Some(Line {
                name: format!("{name}, {:.0} % of the value", 100.0 * share),
                points: Vec::new(),
            })
        })
        .collect();
    let openings = run.outcomes.hours.iter().zip(&run.limits);
    for (hour, limit) in openings.step_by(stride(run.limits.len())) {
        let time = history.time(*hour) as f64;
        let weights = edge.weights(*hour, *limit)?;
        for (line, weight) in lines.iter_mut().zip(weights) {
            line.points.push((time, weight.clamp(0.0, 1.0)));
        }
    }
    Ok((book.clone(), lines))
}

/// The mean price of the cascade's first basket under each rule, one when everyone has borrowed, and undisturbed.
pub fn falls(plan: &Plan) -> Result<Vec<Line>, StudyError> {
    let Some(incident) = plan.incident(&plan.cascade.incident) else {
        return Ok(Vec::new());
    };
    let assets = town::assets(plan, &incident.baskets);
    let prices = draw::incident(&assets, incident, None);
    let opens = draw::opens(&prices);
    let half = town::Size {
        caps: 0.5,
        ..plan.town.size()
    };
    let town = |rule, size| town::scenario(plan, &incident.name, &incident.baskets, (rule, size));
    let whole = plan.town.size();
    let played = [
        ("nobody sells", town::still(&town(Rule::Target, whole))),
        ("half-close", town(Rule::Half, whole)),
        ("full-close", town(Rule::Full, whole)),
        ("target and caps", town(Rule::Capped, whole)),
        ("caps at half", town(Rule::Capped, half)),
    ];
    let lines = played.iter().map(|(name, scenario)| {
        let run = play(scenario, &prices, &mut |_| {})?;
        let series = run.series.first();
        let points = series.map_or(&[][..], |series| &series.points);
        let first = points.first().map(|point| point.prices.clone());
        let first = first.unwrap_or_default();
        let points = points.iter().map(|point| {
            let shares = point
                .prices
                .iter()
                .zip(&first)
                .map(|(now, then)| now / then);
            let hours = (point.time as f64 - opens as f64) / 3_600.0;
            (hours, crate::stats::mean(shares))
        });
        Ok::<_, StudyError>(Line {
            name: (*name).into(),
            points: points.collect(),
        })
    });
    lines.collect()
}
