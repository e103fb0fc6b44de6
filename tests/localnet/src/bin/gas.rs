//! Measures what actions cost on the running chain, and writes it into docs/benchmarks.md.

use std::collections::{BTreeMap, BTreeSet};

use wicker_localnet::{
    actions::{
        fee, measure, reports, Costs, Reports, BORROW, DEPOSIT, LIQUIDATE, LIQUIDATE_ONE,
        RECALIBRATE, REPAY, WITHDRAW, WITHDRAW_WITH_DEBT,
    },
    error::Error,
    floor::{Floor, FloorContract},
    net::{root, Net},
    protocol::Codes,
    table::{grouped, hundredths, placed, ratio, table},
};

const SIZES: [usize; 4] = [1, 4, 8, 16];
/// Positions beside those that are measured, in a crowded basket.
const CROWD: usize = 1_000;
const PAGE: &str = "docs/benchmarks.md";

/// The floor at a number of collaterals.
type AtSize = fn(usize) -> Floor;

/// Each action and the floor it is compared with, at a number of collaterals.
const ACTIONS: [(&str, AtSize); 7] = [
    (DEPOSIT, |_| Floor::In),
    (WITHDRAW, |_| Floor::Out),
    (WITHDRAW_WITH_DEBT, |_| Floor::Out),
    (BORROW, |_| Floor::Mint),
    (REPAY, |_| Floor::Burn),
    (LIQUIDATE_ONE, |_| Floor::Swap(1)),
    (LIQUIDATE, Floor::Swap),
];

/// What an action may cost at four collaterals: of the floor, in hundredths, and in gas, where there is such a goal.
const GOALS: [(&str, u64, Option<u64>); 6] = [
    (DEPOSIT, 125, Some(160_000)),
    (BORROW, 130, Some(210_000)),
    (WITHDRAW_WITH_DEBT, 140, Some(180_000)),
    (REPAY, 125, Some(190_000)),
    (LIQUIDATE_ONE, 150, Some(260_000)),
    (LIQUIDATE, 150, None),
];
/// What a report of sixteen prices and a measurement of sixteen collaterals may cost.
const REPORT: u64 = 200_000;
const MEASUREMENT: u64 = 220_000;
/// More positions may cost so much more, in hundredths: their numbers are longer.
const GROWTH: u64 = 101;

/// Everything that was measured.
struct Measured {
    floors: BTreeMap<Floor, u64>,
    few: Costs,
    many: Costs,
    reports: Vec<Reports>,
    fee: u64,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gas: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let measured = Measured::on(&Net::open().await?).await?;
    let text = measured.page();
    println!("{text}");
    let path = root().join(PAGE);
    let page = std::fs::read_to_string(&path).map_err(|why| Error::file(&path, &why))?;
    let page = placed(&page, "gas", &text)
        .ok_or_else(|| Error::Wrong(format!("{PAGE} has no place for the figures")))?;
    std::fs::write(&path, page).map_err(|why| Error::file(&path, &why))
}

impl Measured {
    async fn on(net: &Net) -> Result<Self, Error> {
        eprintln!("floors");
        let floor = FloorContract::start(net).await?;
        let kinds = ACTIONS.iter().flat_map(|(_, kind)| SIZES.map(kind));
        let mut floors = BTreeMap::new();
        for kind in kinds.collect::<BTreeSet<_>>() {
            floors.insert(kind, floor.cost(kind).await?);
        }
        let codes = Codes::store(net).await?;
        let fee = fee(net, codes).await?;
        eprintln!("reports");
        let reports = reports(net, codes, &SIZES).await?;
        eprintln!("actions");
        let few = measure(net, codes, &SIZES, 0).await?;
        eprintln!("actions among {CROWD} positions");
        let many = measure(net, codes, &SIZES, CROWD).await?;
        Ok(Self {
            floors,
            few,
            many,
            reports,
            fee,
        })
    }

    fn page(&self) -> String {
        [
            "What moving the coins costs:\n".into(),
            self.floor_table(),
            "What the action costs, and its ratio to that; the basket has no other positions:\n"
                .into(),
            self.action_table(&self.few),
            format!(
                "The same among {} other positions:\n",
                grouped(CROWD as u64)
            ),
            self.action_table(&self.many),
            "A feeder's report:\n".into(),
            self.report_table(),
            "Against the goals:\n".into(),
            self.goal_table(),
            format!(
                "A fee adds {} to each of these figures.\n",
                grouped(self.fee)
            ),
        ]
        .join("\n")
    }

    fn floor_table(&self) -> String {
        let rows = self.floors.iter().map(|(floor, gas)| {
            let name = match floor {
                Floor::In => "a coin in".into(),
                Floor::Out => "a coin out".into(),
                Floor::Mint => "a coin minted and sent".into(),
                Floor::Burn => "a coin in and burned".into(),
                Floor::Swap(1) => "a coin in and burned, another out".into(),
                Floor::Swap(coins) => format!("a coin in and burned, {coins} others out"),
            };
            vec![name, grouped(*gas)]
        });
        table(&["floor".into(), "gas".into()], &rows.collect::<Vec<_>>())
    }

    fn action_table(&self, costs: &Costs) -> String {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for (action, floor) in ACTIONS {
            let cell = |size: &usize| {
                let gas = costs.get(&(action, *size)).copied().unwrap_or_default();
                let floor = self.floors.get(&floor(*size)).copied().unwrap_or_default();
                format!("{} · {}", grouped(gas), hundredths(ratio(gas, floor)))
            };
            let cells = SIZES.iter().map(cell);
            rows.push([action.to_string()].into_iter().chain(cells).collect());
        }
        let gas = |size: &usize| costs.get(&(RECALIBRATE, *size)).copied();
        let cells = SIZES
            .iter()
            .map(|size| grouped(gas(size).unwrap_or_default()));
        rows.push([RECALIBRATE.to_string()].into_iter().chain(cells).collect());
        table(&columns("action · collaterals"), &rows)
    }

    fn report_table(&self) -> String {
        let row = |name: &str, gas: fn(&Reports) -> u64| {
            let cells = self.reports.iter().map(|report| grouped(gas(report)));
            [name.to_string()].into_iter().chain(cells).collect()
        };
        let rows = [
            row("a lone feeder's: it makes the price", |it| it.alone),
            row("the first of a quorum of two", |it| it.first),
            row("the second: it makes the price", |it| it.second),
        ];
        table(&columns("report · prices"), &rows)
    }

    fn goal_table(&self) -> String {
        let mut rows = Vec::new();
        let mut judge = |what: String, goal: String, is: String, met: bool| {
            let met = if met { "yes" } else { "**no**" };
            rows.push(vec![what, goal, is, met.to_string()]);
        };
        for (action, goal, most) in GOALS {
            let floor = ACTIONS.iter().find(|(name, _)| *name == action);
            let floor = floor.and_then(|(_, kind)| self.floors.get(&kind(4)));
            let gas = self
                .few
                .get(&(action, 4))
                .copied()
                .unwrap_or(u64::MAX / 100);
            let is = ratio(gas, floor.copied().unwrap_or_default());
            judge(
                format!("{action}, 4 collaterals"),
                format!("{} × the floor", hundredths(goal)),
                hundredths(is),
                is <= goal,
            );
            if let Some(most) = most {
                let what = format!("{action}, 4 collaterals");
                judge(what, grouped(most), grouped(gas), gas <= most);
            }
        }
        let report = self.reports.iter().find(|report| report.prices == 16);
        let report = report.map_or(u64::MAX, |report| report.second);
        let measurement = self.few.get(&(RECALIBRATE, 16)).copied();
        let measurement = measurement.unwrap_or(u64::MAX);
        for (what, is, goal) in [
            ("a report of 16 prices that makes them", report, REPORT),
            ("measuring 16 collaterals", measurement, MEASUREMENT),
        ] {
            judge(what.into(), grouped(goal), grouped(is), is <= goal);
        }
        let growth = self.few.iter().filter_map(|(key, few)| {
            let many = self.many.get(key)?;
            Some(ratio(*many, *few))
        });
        let growth = growth.max().unwrap_or(u64::MAX);
        judge(
            format!("any action among {} positions more", grouped(CROWD as u64)),
            format!("{} × without them", hundredths(GROWTH)),
            hundredths(growth),
            growth <= GROWTH,
        );
        let names = ["", "goal", "measured", "met"].map(String::from);
        table(&names, &rows)
    }
}

fn columns(first: &str) -> Vec<String> {
    let sizes = SIZES.iter().map(ToString::to_string);
    [first.to_string()].into_iter().chain(sizes).collect()
}
