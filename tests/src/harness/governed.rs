//! I-28, I-29: what governance and the guardian may do at once, and what must have waited.

use std::collections::BTreeMap;

use wicker_cdp::state::{self, Guards};
use wicker_engine::invariants::parameters_are_in_bounds;
use wicker_engine::params::{find_asset, AssetTerms, BASKET, MEMBER, PROTOCOL};

use super::act::Act;
use super::view::View;
use super::world::{World, BASKETS};

/// Parameters that protect by falling (SPEC 12); all others protect by rising.
const FALLING: [&str; 18] = [
    "max_age",
    "max_confidence",
    "target",
    "bonus_min",
    "liquidation_fee",
    "stability_fee",
    "borrow_fee",
    "debt_ceiling",
    "mint_cap",
    "risk_floor",
    "supply_cap",
    "value_cap",
    "risk_cap",
    "volatility_max",
    "flow_cap",
    "flow_burst",
    "ceiling",
    "wind_down",
];

/// For so long after its delay a change can be applied: 14 days.
const GRACE: u64 = 14 * 86_400;

/// Every parameter in force by what it belongs to and its name.
pub type Figures = BTreeMap<(String, &'static str), u128>;

/// What waits, by number, and when it was decided with which delay.
pub type Waiting = BTreeMap<u64, (u64, u64)>;

impl World {
    /// Every parameter in force.
    pub fn figures(&self) -> Figures {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let mut figures = Figures::new();
        let protocol = state::PROTOCOL.load(&*storage).unwrap();
        for one in PROTOCOL {
            figures.insert((String::new(), one.name), (one.get)(&protocol));
        }
        for denom in &self.denoms {
            let asset = state::asset(&*storage, denom).unwrap();
            let terms = AssetTerms {
                flow_cap: asset.flow_cap,
                flow_burst: asset.flow_burst,
                ceiling: asset.ceiling,
            };
            for name in ["flow_cap", "flow_burst", "ceiling"] {
                let one = find_asset(&terms, name);
                let value = one.map(|one| (one.get)(&terms));
                value.map(|value| figures.insert((denom.clone(), name), value));
            }
        }
        for id in 1..=BASKETS {
            let basket = state::basket(&*storage, id).unwrap();
            for one in BASKET {
                figures.insert((id.to_string(), one.name), (one.get)(&basket));
            }
            for member in &basket.members {
                let place = format!("{id} {}", member.denom);
                let open = u128::from(!member.wind_down);
                figures.insert((place.clone(), "wind_down"), open);
                for one in MEMBER {
                    figures.insert((place.clone(), one.name), (one.get)(member));
                }
            }
        }
        figures
    }

    /// The guardian's measures, basket by basket.
    pub fn measures(&self) -> Vec<Guards> {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let of = |id| state::GUARDS.may_load(&*storage, id).unwrap();
        (1..=BASKETS).map(|id| of(id).unwrap_or_default()).collect()
    }

    /// I-28, I-29: parameters stay in bounds, what loosens has waited, and nothing new waits for less than the delay.
    pub fn governed(&mut self, act: &Act, after: &View, broken: &mut Vec<String>) {
        let found = after.snapshot.baskets.iter();
        let found = found.flat_map(parameters_are_in_bounds);
        broken.extend(found.map(|one| one.to_string()));
        let now = self.rig.now();
        let figures = self.figures();
        let looser = |(key, value): (&(String, &'static str), &u128)| {
            let old = self.ghost.figures.get(key)?;
            let falls = FALLING.contains(&key.1);
            (if falls { value > old } else { value < old }).then(|| key.clone())
        };
        let loosened: Vec<_> = figures.iter().filter_map(looser).collect();
        let waited = act.applies.map(|id| self.ghost.waiting.remove(&id));
        match waited {
            None if !loosened.is_empty() => {
                broken.push(format!("I-29: {loosened:?} loosens at once"));
            }
            Some(Some((decided, delay))) if now < decided + delay => {
                broken.push(format!(
                    "I-29: {act:?} was decided at {decided} and is applied at {now}"
                ));
            }
            Some(Some((decided, delay))) if now > decided + delay + GRACE => {
                broken.push(format!(
                    "I-29: {act:?} was decided at {decided} and is applied at {now}, long after"
                ));
            }
            Some(None) => broken.push(format!("I-29: {act:?} was never decided")),
            _ => {}
        }
        let delay = self.ghost.figures[&(String::new(), "delay")] as u64;
        let waiting = self.waiting();
        self.ghost.waiting.retain(|id, _| waiting.contains(id));
        for id in waiting {
            self.ghost.waiting.entry(id).or_insert((now, delay));
        }
        let span = self.ghost.figures[&(String::new(), "ramp")] as u64;
        self.ghost.tightened(&figures, now, span);
        self.ghost.figures = figures;
        self.ghost.governed(&self.view, after, now, span);
        self.measured.clear();
    }

    /// I-29: the guardian only tightens, and only the owner lifts.
    pub fn guarded(&self, act: &Act, before: &[Guards], broken: &mut Vec<String>) {
        let now = self.rig.now();
        let lasts = |until: u64| until.max(now);
        for (id, (old, new)) in (1..).zip(before.iter().zip(self.measures())) {
            let leg = |guards: &Guards, leg: u8| {
                let found = guards.legs.iter().find(|(one, _)| *one == leg);
                lasts(found.map_or(0, |(_, until)| until.get()))
            };
            let shorter = lasts(new.borrow_until.get()) < lasts(old.borrow_until.get())
                || old
                    .legs
                    .iter()
                    .any(|(one, _)| leg(&new, *one) < leg(old, *one));
            let ceiling = |guards: &Guards| {
                let own = self.view.basket(id).basket.terms.ceiling.raw();
                let found = guards.ceiling.filter(|(_, until)| until.get() > now);
                found.map_or((own, now), |(ceiling, until)| (ceiling.raw(), until.get()))
            };
            let ((most, until), (was, since)) = (ceiling(&new), ceiling(old));
            if !act.lifts && (shorter || most > was || until < since) {
                broken.push(format!(
                    "I-29: the guardian loosens {old:?} of basket {id} to {new:?}"
                ));
            }
        }
    }
}
