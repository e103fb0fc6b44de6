//! Small SVG charts for the report's page: colours are classes of the page's style, so that they follow light and dark; texts are sized
//! for a phone's width. Every chart has a title and a sentence that says what it shows.

use std::fmt::Write;

/// Width and height of a chart in its own units.
const SIZE: (f64, f64) = (420.0, 280.0);
/// Room on the left, above, on the right, below.
const ROOM: (f64, f64, f64, f64) = (46.0, 10.0, 10.0, 26.0);
/// Colours there are.
const COLOURS: usize = 8;

/// What a chart is called, what it shows, and its axes.
#[derive(Debug, Clone)]
pub struct Frame {
    /// A few words.
    pub title: String,
    /// What is to be seen, for those who cannot see it.
    pub about: String,
    /// The first and last figure to the right.
    pub x: (f64, f64),
    /// The lowest and the highest.
    pub y: (f64, f64),
    /// Where words stand below, and which.
    pub labels: Vec<(f64, String)>,
    /// How heights are written.
    pub unit: Unit,
}

/// How heights are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Hundredths.
    Percent,
    /// Two places.
    Plain,
    /// Whole numbers.
    Count,
}

impl Unit {
    /// A figure in it.
    pub fn write(self, figure: f64) -> String {
        match self {
            Self::Percent => format!("{:.0} %", 100.0 * figure),
            Self::Plain => format!("{figure:.2}"),
            Self::Count => format!("{figure:.0}"),
        }
    }
}

/// A named line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// Text as it may stand in a page.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Lines over a grid, with marks at heights that matter.
pub fn lines(frame: &Frame, lines: &[Line], marks: &[f64]) -> String {
    let mut body = grid(frame);
    for mark in marks {
        let y = up(frame, *mark);
        let (left, right) = (ROOM.0, SIZE.0 - ROOM.2);
        add(
            &mut body,
            format_args!("<path class=\"mark\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>"),
        );
    }
    for (at, line) in lines.iter().enumerate() {
        let colour = at % COLOURS;
        let shown = line.points.iter().filter(|(x, _)| *x <= frame.x.1);
        let path = path(frame, &shown.copied().collect::<Vec<_>>());
        add(
            &mut body,
            format_args!("<path class=\"line l{colour}\" d=\"{path}\"/>"),
        );
    }
    figure(
        frame,
        &body,
        &legend(lines.iter().map(|line| line.name.as_str())),
    )
}

/// Upright bars behind one line; a bar that passes the line is marked.
pub fn bars(frame: &Frame, (bars, line): (&Line, &Line), (under, over): (&str, &str)) -> String {
    let mut body = grid(frame);
    let width = (SIZE.0 - ROOM.0 - ROOM.2) / bars.points.len().max(1) as f64;
    for (bar, limit) in bars.points.iter().zip(&line.points) {
        let (x, y) = (along(frame, bar.0), up(frame, bar.1));
        let base = up(frame, frame.y.0);
        let class = if bar.1 > limit.1 { "over" } else { "bar" };
        add(
            &mut body,
            format_args!(
                "<path class=\"{class}\" stroke-width=\"{:.2}\" d=\"M{x:.1} {base:.1}V{y:.1}\"/>",
                width.max(0.6)
            ),
        );
    }
    let path = path(frame, &line.points);
    add(
        &mut body,
        format_args!("<path class=\"line l0\" d=\"{path}\"/>"),
    );
    let legend = format!(
        "<ul class=\"legend\"><li class=\"k0\">{}</li><li class=\"kbar\">{}</li><li class=\"kover\">{}</li></ul>",
        escape(&line.name),
        escape(under),
        escape(over)
    );
    figure(frame, &body, &legend)
}

/// Layers on top of each other; each line's points stand at the same places.
pub fn layers(frame: &Frame, layers: &[Line]) -> String {
    let mut body = grid(frame);
    let Some(first) = layers.first() else {
        return figure(frame, &body, "");
    };
    let mut below: Vec<(f64, f64)> = first.points.iter().map(|(x, _)| (*x, 0.0)).collect();
    for (at, layer) in layers.iter().enumerate() {
        let above: Vec<(f64, f64)> = below
            .iter()
            .zip(&layer.points)
            .map(|((x, low), (_, more))| (*x, low + more))
            .collect();
        let back: Vec<(f64, f64)> = below.iter().rev().copied().collect();
        let (there, back) = (
            path(frame, &above),
            path(frame, &back).replacen('M', "L", 1),
        );
        let colour = at % COLOURS;
        add(
            &mut body,
            format_args!("<path class=\"layer f{colour}\" d=\"{there}{back}Z\"/>"),
        );
        below = above;
    }
    figure(
        frame,
        &body,
        &legend(layers.iter().map(|layer| layer.name.as_str())),
    )
}

/// A square of figures from -1 to 1, shaded by size, each written in its field.
pub fn matrix(
    title: &str,
    about: &str,
    names: &[String],
    figure_of: &dyn Fn(usize, usize) -> f64,
) -> String {
    let field = (SIZE.0 - ROOM.0 - ROOM.2) / names.len().max(1) as f64;
    let height = ROOM.1 + ROOM.3 + field * names.len() as f64;
    let mut body = String::new();
    for (i, name) in names.iter().enumerate() {
        let middle = (i as f64 + 0.5) * field;
        let (x, y) = (ROOM.0 + middle, ROOM.1 + middle);
        add(
            &mut body,
            format_args!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                ROOM.0 - 5.0,
                y + 4.0,
                short(name),
                height - 10.0,
                short(name)
            ),
        );
        for j in 0..names.len() {
            let figure = figure_of(i, j);
            let (left, top) = (ROOM.0 + j as f64 * field, ROOM.1 + i as f64 * field);
            let sign = if figure < 0.0 { "cold" } else { "warm" };
            add(
                &mut body,
                format_args!(
                    "<rect class=\"{sign}\" fill-opacity=\"{:.2}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{field:.1}\" \
                        height=\"{field:.1}\"/><text class=\"in\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                    0.75 * figure.abs().min(1.0),
                    left + field / 2.0,
                    top + field / 2.0 + 4.0,
                    two(figure)
                ),
            );
        }
    }
    wrap(title, about, (SIZE.0, height), &body, "")
}

/// A joint of a tree: two nodes, leaves counted first and joints after them in order, and how far apart they are.
pub type Joint = (usize, usize, f64);

/// A tree that lies on its side: leaves to the left, distances from 0 to 0.8 to the right, with the cut.
pub fn tree(title: &str, about: &str, names: &[String], (joints, cut): (&[Joint], f64)) -> String {
    let row = 22.0;
    let (left, right) = (ROOM.0 + 6.0, SIZE.0 - ROOM.2);
    let height = ROOM.1 + ROOM.3 + 6.0 + row * names.len() as f64;
    let at = |distance: f64| left + (right - left) * (distance / 0.8).clamp(0.0, 1.0);
    let mut nodes: Vec<(f64, f64)> = vec![(0.0, 0.0); names.len()];
    let mut body = String::new();
    for (place, leaf) in order(names.len(), joints).into_iter().enumerate() {
        let y = ROOM.1 + row * (place as f64 + 0.5);
        if let (Some(node), Some(name)) = (nodes.get_mut(leaf), names.get(leaf)) {
            *node = (0.0, y);
            add(
                &mut body,
                format_args!(
                    "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                    left - 5.0,
                    y + 4.0,
                    short(name)
                ),
            );
        }
    }
    for (one, other, distance) in joints {
        let ends = nodes.get(*one).copied().zip(nodes.get(*other).copied());
        let Some(((first, top), (second, bottom))) = ends else {
            continue;
        };
        let (x, class) = (at(*distance), if *distance <= cut { "near" } else { "far" });
        add(
            &mut body,
            format_args!(
                "<path class=\"joint {class}\" d=\"M{:.1} {top:.1}H{x:.1}V{bottom:.1}H{:.1}\"/>",
                at(first),
                at(second)
            ),
        );
        nodes.push((*distance, (top + bottom) / 2.0));
    }
    let (x, base) = (at(cut), height - ROOM.3);
    add(
        &mut body,
        format_args!(
            "<path class=\"mark\" d=\"M{x:.1} {:.1}V{base:.1}\"/>",
            ROOM.1
        ),
    );
    for step in 0..=4 {
        let distance = f64::from(step) * 0.2;
        add(
            &mut body,
            format_args!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{distance:.1}</text>",
                at(distance).min(right - 8.0),
                height - 8.0
            ),
        );
    }
    wrap(title, about, (SIZE.0, height), &body, "")
}

/// Leaves so that no branches cross.
fn order(leaves: usize, joints: &[Joint]) -> Vec<usize> {
    let mut nodes: Vec<Vec<usize>> = (0..leaves).map(|leaf| vec![leaf]).collect();
    for (one, other, _) in joints {
        let mut joined = nodes.get(*one).cloned().unwrap_or_default();
        joined.extend(nodes.get(*other).cloned().unwrap_or_default());
        nodes.push(joined);
    }
    nodes.pop().unwrap_or_default()
}

/// As much of a name as fits beside a chart.
fn short(name: &str) -> String {
    let short: String = name.chars().take(6).collect();
    escape(&short)
}

/// A figure from -1 to 1 without its leading zero.
fn two(figure: f64) -> String {
    let text = format!("{figure:.2}");
    text.replacen("0.", ".", 1)
}

fn add(body: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    body.write_fmt(what).ok();
}

fn along(frame: &Frame, x: f64) -> f64 {
    let part = (x - frame.x.0) / (frame.x.1 - frame.x.0).max(1e-12);
    ROOM.0 + bounded(part) * (SIZE.0 - ROOM.0 - ROOM.2)
}

fn up(frame: &Frame, y: f64) -> f64 {
    let part = (y - frame.y.0) / (frame.y.1 - frame.y.0).max(1e-12);
    SIZE.1 - ROOM.3 - bounded(part) * (SIZE.1 - ROOM.1 - ROOM.3)
}

/// Within the frame; what is no number stands at its beginning.
fn bounded(part: f64) -> f64 {
    match part.is_nan() {
        true => 0.0,
        false => part.clamp(0.0, 1.0),
    }
}

fn path(frame: &Frame, points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let verb = if at == 0 { 'M' } else { 'L' };
        add(
            &mut path,
            format_args!("{verb}{:.1} {:.1}", along(frame, *x), up(frame, *y)),
        );
    }
    path
}

fn grid(frame: &Frame) -> String {
    let mut body = String::new();
    let (left, right) = (ROOM.0, SIZE.0 - ROOM.2);
    for step in 0..=4 {
        let figure = frame.y.0 + (frame.y.1 - frame.y.0) * f64::from(step) / 4.0;
        let y = up(frame, figure);
        add(
            &mut body,
            format_args!(
                "<path class=\"grid\" d=\"M{left:.1} {y:.1}H{right:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 5.0,
                y + 4.0,
                frame.unit.write(figure)
            ),
        );
    }
    for (x, word) in &frame.labels {
        let x = along(frame, *x).clamp(left + 8.0, right - 14.0);
        add(
            &mut body,
            format_args!(
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                SIZE.1 - 8.0,
                escape(word)
            ),
        );
    }
    body
}

fn legend<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let items = names
        .enumerate()
        .map(|(at, name)| format!("<li class=\"k{}\">{}</li>", at % COLOURS, escape(name)));
    format!("<ul class=\"legend\">{}</ul>", items.collect::<String>())
}

fn figure(frame: &Frame, body: &str, legend: &str) -> String {
    wrap(&frame.title, &frame.about, SIZE, body, legend)
}

fn wrap(title: &str, about: &str, (width, height): (f64, f64), body: &str, legend: &str) -> String {
    let (title, about) = (escape(title), escape(about));
    format!(
        "<figure><h3>{title}</h3><svg role=\"img\" viewBox=\"0 0 {width:.0} \
            {height:.0}\"><title>{title}</title><desc>{about}</desc>{body}</svg>{legend}<figcaption>{about}</figcaption></figure>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_stand_so_that_no_branches_cross() {
        assert_eq!(
            order(4, &[(0, 2, 0.1), (1, 3, 0.2), (4, 5, 0.3)]),
            [0, 2, 1, 3]
        );
        assert_eq!(order(1, &[]), [0]);
        assert!(order(0, &[]).is_empty());
    }

    #[test]
    fn figures_outside_a_frame_are_drawn_at_its_edge_and_a_frame_without_extent_is_no_error() {
        let frame = Frame {
            title: "<t>".into(),
            about: "a & b".into(),
            x: (1.0, 1.0),
            y: (0.0, 0.0),
            labels: vec![(5.0, "x".into())],
            unit: Unit::Plain,
        };
        let line = Line {
            name: "n".into(),
            points: vec![(9.0, 9.0), (-9.0, f64::NAN)],
        };
        let drawn = lines(&frame, &[line], &[0.5]);
        assert!(drawn.contains("&lt;t&gt;") && drawn.contains("a &amp; b"));
        // 9 is beyond the frame to the right and left out; -9 is before it and drawn at its edge, and what is no number at the bottom.
        assert!(drawn.contains("d=\"M46.0 254.0\""), "{drawn}");
    }
}
