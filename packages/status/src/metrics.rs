//! What every program's tasks say in metrics, worked out when they are asked for.

use std::fmt;
use std::sync::{Arc, Mutex};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{prometheus_text, DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use crate::board::{Board, View};
use crate::status::{held, Clock};

struct Tasks {
    board: Arc<Mutex<Board>>,
    clock: Clock,
}

/// Adds the tasks' metrics.
pub fn watch(registry: &mut Registry, board: &Arc<Mutex<Board>>, clock: &Clock) {
    registry.register_collector(Box::new(Tasks {
        board: board.clone(),
        clock: clock.clone(),
    }));
}

/// Everything, as Prometheus reads it.
pub fn text(registry: &Registry) -> Result<String, fmt::Error> {
    let mut text = String::new();
    prometheus_text::encode(&mut text, registry)?;
    Ok(text)
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

impl Collector for Tasks {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let now = (self.clock)();
        let views = held(&self.board).views(now);
        let uptime = ConstGauge::new(now.as_secs_f64());
        let help = "Seconds since the program started";
        let metric =
            encoder.encode_descriptor("uptime_seconds", help, None, uptime.metric_type())?;
        uptime.encode(metric)?;
        let help = "1 while a task's last report is good and in date";
        family(&mut encoder, &views, ("task_up", help), |view| {
            Figure::Now(u64::from(view.state.is_well()))
        })?;
        let help = "Seconds since a task's last report";
        family(
            &mut encoder,
            &views,
            ("task_report_age_seconds", help),
            |view| view.age.map_or(Figure::None, Figure::Now),
        )?;
        let help = "Seconds after which a task's report is out of date";
        family(
            &mut encoder,
            &views,
            ("task_report_limit_seconds", help),
            |view| Figure::Now(view.limit),
        )?;
        let help = "Good reports of a task";
        family(&mut encoder, &views, ("task_successes", help), |view| {
            Figure::Sum(view.successes)
        })?;
        let help = "Errors of a task";
        family(&mut encoder, &views, ("task_errors", help), |view| {
            Figure::Sum(view.errors)
        })
    }
}

enum Figure {
    None,
    Now(u64),
    Sum(u64),
}

/// A figure of every task, under its label.
fn family(
    encoder: &mut DescriptorEncoder<'_>,
    views: &[View],
    (name, help): (&str, &str),
    figure: impl Fn(&View) -> Figure,
) -> fmt::Result {
    let figures: Vec<_> = views.iter().map(|view| (view, figure(view))).collect();
    let sums = figures
        .iter()
        .any(|(_, figure)| matches!(figure, Figure::Sum(_)));
    let kind = match sums {
        true => MetricType::Counter,
        false => MetricType::Gauge,
    };
    let mut metric = encoder.encode_descriptor(name, help, None, kind)?;
    for (view, figure) in figures {
        let labels = [("task", view.label.as_str())];
        match figure {
            Figure::None => {}
            Figure::Now(value) => {
                ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
            }
            Figure::Sum(value) => {
                ConstCounter::new(value).encode(metric.encode_family(&labels)?)?;
            }
        }
    }
    Ok(())
}
