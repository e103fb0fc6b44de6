//! SVG plots of a run, three for each basket: prices with margin ratios, the margin by its parts, and the weights of risk.

use std::path::{Path, PathBuf};

use plotters::coord::types::RangedCoordf64;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::error::LabError;
use crate::run::{Point, Run, Series};
use crate::scenario::clock;

const SIZE: (u32, u32) = (1_000, 640);
/// Margin ratios outside these are drawn at them: what matters is near one.
const RATIOS: (f64, f64) = (-1.0, 3.0);
/// The parts of a margin, from the bottom.
const PARTS: [&str; 5] = ["base", "correlation", "concentration", "jump", "fees"];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;
type Draw = fn(&Area<'_>, &Series) -> Drawn;

/// Draws all plots into a folder, which is made if need be; returns their paths.
pub fn draw(run: &Run, folder: &Path) -> Result<Vec<PathBuf>, LabError> {
    std::fs::create_dir_all(folder).map_err(|why| LabError::File {
        path: folder.display().to_string(),
        why,
    })?;
    let mut drawn = Vec::new();
    for series in &run.series {
        if series.points.len() < 2 {
            continue;
        }
        let kinds: [(&str, Draw); 3] = [
            ("price", prices_and_ratios),
            ("margin", margin_by_parts),
            ("weights", weights),
        ];
        for (kind, draw) in kinds {
            let path = folder.join(format!("{}-{kind}.svg", plain(&series.basket)));
            let done = draw_one(&path, series, draw);
            done.map_err(|why| LabError::Plot {
                name: path.display().to_string(),
                why: why.to_string(),
            })?;
            drawn.push(path);
        }
    }
    Ok(drawn)
}

fn draw_one(path: &Path, series: &Series, draw: Draw) -> Drawn {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    draw(&area, series)?;
    area.present()?;
    Ok(())
}

/// A basket's name as part of a file's.
fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.to_lowercase().chars().map(plain).collect()
}

fn prices_and_ratios(area: &Area<'_>, series: &Series) -> Drawn {
    let parts = area.split_evenly((2, 1));
    let (Some(upper), Some(lower)) = (parts.first(), parts.get(1)) else {
        return Ok(());
    };
    let start: Vec<f64> = series
        .points
        .first()
        .map(|point| point.prices.clone())
        .unwrap_or_default();
    let relative = |point: &Point, at: usize| {
        let (now, then) = (point.prices.get(at).copied(), start.get(at).copied());
        now.zip(then).map_or(1.0, |(now, then)| now / then)
    };
    let assets: Vec<Line> = series
        .assets
        .iter()
        .enumerate()
        .map(|(at, name)| Line::new(name, series, |point| Some(relative(point, at))))
        .collect();
    let title = format!("{}: prices, the first is 1", series.basket);
    lines(upper, &title, &assets, &[])?;
    let users: Vec<Line> = series
        .users
        .iter()
        .take(12)
        .enumerate()
        .map(|(at, name)| {
            Line::new(name, series, |point| {
                let ratio = point.ratios.get(at).copied().flatten();
                ratio.map(|ratio| ratio.clamp(RATIOS.0, RATIOS.1))
            })
        })
        .collect();
    let title = format!(
        "{}: margin ratio E/MM (call 1.15, liquidation 1)",
        series.basket
    );
    lines(lower, &title, &users, &[1.0, 1.15])
}

fn weights(area: &Area<'_>, series: &Series) -> Drawn {
    let assets: Vec<Line> = series
        .assets
        .iter()
        .enumerate()
        .map(|(at, name)| Line::new(name, series, |point| point.book.weights.get(at).copied()))
        .collect();
    let title = format!("{}: each asset's share of the book's risk", series.basket);
    lines(area, &title, &assets, &[0.0, 1.0])
}

/// Stacked: each part above the sum of those before; a negative part lowers the sum.
fn margin_by_parts(area: &Area<'_>, series: &Series) -> Drawn {
    let share = |point: &Point, upto: usize| {
        let sum: f64 = point.book.parts.iter().take(upto).sum();
        sum / point.book.collateral.max(1.0)
    };
    let highest = series.points.iter().map(|point| share(point, PARTS.len()));
    let highest = highest.fold(0.05, f64::max).min(2.0) * 1.1;
    let title = format!(
        "{}: maintenance margin of the book by parts, as a share of collateral",
        series.basket
    );
    let mut chart = chart(area, &title, span(series), (0.0, highest))?;
    for (at, name) in PARTS.iter().enumerate() {
        let top = series.points.iter().map(|point| (point, at + 1));
        let bottom = series.points.iter().rev().map(|point| (point, at));
        let edge: Vec<(f64, f64)> = top
            .chain(bottom)
            .map(|(point, upto)| (point.time as f64, share(point, upto).clamp(0.0, highest)))
            .collect();
        let colour = colour(at);
        chart
            .draw_series(std::iter::once(Polygon::new(edge, colour.mix(0.7))))?
            .label(*name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 14, y + 5)], colour.filled()));
    }
    legend(&mut chart)
}

/// A named line; it breaks where there is no value.
struct Line {
    name: String,
    pieces: Vec<Vec<(f64, f64)>>,
}

impl Line {
    fn new(name: &str, series: &Series, value: impl Fn(&Point) -> Option<f64>) -> Self {
        let mut pieces = vec![Vec::new()];
        for point in &series.points {
            match (value(point), pieces.last_mut()) {
                (Some(value), Some(piece)) => piece.push((point.time as f64, value)),
                (None, Some(piece)) if !piece.is_empty() => pieces.push(Vec::new()),
                _ => {}
            }
        }
        Self {
            name: name.into(),
            pieces,
        }
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.pieces.iter().flatten().map(|(_, value)| *value)
    }
}

fn lines(area: &Area<'_>, title: &str, lines: &[Line], marks: &[f64]) -> Drawn {
    let values = || {
        lines
            .iter()
            .flat_map(Line::values)
            .chain(marks.iter().copied())
    };
    let (low, high) = (
        values().fold(f64::MAX, f64::min),
        values().fold(f64::MIN, f64::max),
    );
    let times = || {
        let pieces = lines.iter().flat_map(|line| line.pieces.iter().flatten());
        pieces.map(|(time, _)| *time)
    };
    let (from, to) = (
        times().fold(f64::MAX, f64::min),
        times().fold(0.0, f64::max),
    );
    if from >= to {
        return Ok(());
    }
    let room = ((high - low) * 0.05).max(0.01);
    let mut chart = chart(area, title, (from, to), (low - room, high + room))?;
    for mark in marks {
        let ends = [(from, *mark), (to, *mark)];
        chart.draw_series(LineSeries::new(ends, BLACK.mix(0.4)))?;
    }
    for (at, line) in lines.iter().enumerate() {
        let colour = colour(at);
        for (number, piece) in line.pieces.iter().enumerate() {
            let drawn = chart.draw_series(LineSeries::new(piece.iter().copied(), colour))?;
            if number == 0 {
                drawn.label(&line.name).legend(move |(x, y)| {
                    Rectangle::new([(x, y - 1), (x + 14, y + 1)], colour.filled())
                });
            }
        }
    }
    legend(&mut chart)
}

fn chart<'a, 'b>(
    area: &'a Area<'b>,
    title: &str,
    (from, to): (f64, f64),
    (low, high): (f64, f64),
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(28)
        .y_label_area_size(56)
        .build_cartesian_2d(from..to, low..high)?;
    chart
        .configure_mesh()
        .x_labels(8)
        .light_line_style(WHITE)
        .x_label_formatter(&|time| {
            let text = clock(*time as u64);
            text.get(5..).unwrap_or_default().to_string()
        })
        .y_label_formatter(&|value| format!("{value:.2}"))
        .draw()?;
    Ok(chart)
}

fn legend<'a, 'b: 'a>(chart: &mut Chart<'a, 'b>) -> Drawn {
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}

fn span(series: &Series) -> (f64, f64) {
    let ends = |point: Option<&Point>| point.map_or(0.0, |point| point.time as f64);
    let (from, to) = (ends(series.points.first()), ends(series.points.last()));
    (from, to.max(from + 1.0))
}

fn colour(at: usize) -> RGBColor {
    const COLOURS: [(u8, u8, u8); 12] = [
        (31, 119, 180),
        (214, 39, 40),
        (44, 160, 44),
        (255, 127, 14),
        (148, 103, 189),
        (140, 86, 75),
        (227, 119, 194),
        (127, 127, 127),
        (188, 189, 34),
        (23, 190, 207),
        (0, 0, 0),
        (120, 180, 60),
    ];
    let (red, green, blue) = COLOURS.get(at % COLOURS.len()).copied().unwrap_or_default();
    RGBColor(red, green, blue)
}
