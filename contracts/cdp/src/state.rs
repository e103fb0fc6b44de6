//! Every storage key, each with what always holds of it. Values are postcard: a record holds the engine's own types, packed.
//!
//! Settings, totals, measurements and positions stand under keys of their own: what an action does not need it does not load.

use std::marker::PhantomData;

use cosmwasm_std::{Addr, Order, Storage};
use cw_storage_plus::{Bound, KeyDeserialize, Map, PrimaryKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wicker_engine::basket::{Basket, Bucket, Totals};
use wicker_engine::covariance::{CorrelationState, RiskState};
use wicker_engine::params::{least_burst, AssetTerms, Protocol};
use wicker_engine::position::Position;
use wicker_engine::ramp::Ramp;
use wicker_math::{Amount, Decimals, Seconds, Value};
use wicker_msgs::cdp::{TokenModule, MAX_LIST};

use crate::error::{ContractError, Result};

/// A record under one key.
pub struct Record<T> {
    namespace: &'static str,
    value: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Record<T> {
    const fn new(namespace: &'static str) -> Self {
        Self {
            namespace,
            value: PhantomData,
        }
    }

    /// The record, if it is there.
    pub fn may_load(&self, storage: &dyn Storage) -> Result<Option<T>> {
        storage
            .get(self.namespace.as_bytes())
            .map(|bytes| unpack(self.namespace, &bytes))
            .transpose()
    }

    /// The record; an error when it is not there.
    pub fn load(&self, storage: &dyn Storage) -> Result<T> {
        self.may_load(storage)?
            .ok_or_else(|| corrupt(self.namespace, "missing".into()))
    }

    /// Writes the record.
    pub fn save(&self, storage: &mut dyn Storage, value: &T) -> Result<()> {
        storage.set(self.namespace.as_bytes(), &pack(self.namespace, value)?);
        Ok(())
    }
}

/// Records under the keys of a map.
pub struct Records<K, T> {
    namespace: &'static str,
    key: PhantomData<K>,
    value: PhantomData<T>,
}

impl<'a, K: PrimaryKey<'a>, T: Serialize + DeserializeOwned> Records<K, T> {
    const fn new(namespace: &'static str) -> Self {
        Self {
            namespace,
            key: PhantomData,
            value: PhantomData,
        }
    }

    fn path(&self, key: K) -> Vec<u8> {
        let map: Map<K, cosmwasm_std::Empty> = Map::new(self.namespace);
        map.key(key).to_vec()
    }

    /// The record, if it is there.
    pub fn may_load(&self, storage: &dyn Storage, key: K) -> Result<Option<T>> {
        storage
            .get(&self.path(key))
            .map(|bytes| unpack(self.namespace, &bytes))
            .transpose()
    }

    /// Writes the record.
    pub fn save(&self, storage: &mut dyn Storage, key: K, value: &T) -> Result<()> {
        storage.set(&self.path(key), &pack(self.namespace, value)?);
        Ok(())
    }

    /// Forgets the record.
    pub fn remove(&self, storage: &mut dyn Storage, key: K) {
        storage.remove(&self.path(key));
    }
}

impl<'a, K: PrimaryKey<'a> + KeyDeserialize, T> Records<K, T> {
    /// Keys behind `after`, in order.
    pub fn keys(
        &self,
        storage: &dyn Storage,
        after: Option<Bound<'a, K>>,
        limit: usize,
    ) -> Result<Vec<K::Output>>
    where
        K::Output: 'static,
    {
        // Only keys are read: the map's value type is never met.
        let map: Map<K, cosmwasm_std::Empty> = Map::new(self.namespace);
        let keys = map.keys(storage, after, None, Order::Ascending);
        keys.take(limit)
            .map(|key| key.map_err(Into::into))
            .collect()
    }
}

fn corrupt(what: &'static str, why: String) -> Box<ContractError> {
    Box::new(ContractError::Corrupt { what, why })
}

fn pack<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>> {
    postcard::to_allocvec(value).map_err(|error| corrupt(what, error.to_string()))
}

fn unpack<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T> {
    postcard::from_bytes(bytes).map_err(|error| corrupt(what, error.to_string()))
}

/// Addresses and the chain's token module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Who governs; `None` when given up for good.
    pub owner: Option<Addr>,
    /// Who may accept ownership, and until when.
    pub offered: Option<(Addr, Option<Seconds>)>,
    /// Who may tighten.
    pub guardian: Option<Addr>,
    /// The oracle.
    pub oracle: Addr,
    /// How debt tokens are made and unmade.
    pub token: TokenModule,
}

/// An asset: a collateral of some baskets, or a debt token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Packed", from = "Packed")]
pub struct Asset {
    /// Its token's decimal places.
    pub decimals: Decimals,
    /// Dollars an hour that the market takes at bounded impact; zero is unlimited.
    pub flow_cap: Value,
    /// Dollars the bucket holds when full.
    pub flow_burst: Value,
    /// The bucket liquidations draw on.
    pub bucket: Bucket,
    /// Held by all positions of all baskets; for a debt token, its supply. Changed by [`Asset::hold`] only.
    pub held: Amount,
    /// The least that was held lately.
    pub lasting: Lasting,
    /// Coins of it that the contract keeps for somebody: positions, backstops and claims.
    pub kept: Amount,
    /// For a debt token, the most that may be in circulation; `None` marks a collateral.
    pub ceiling: Option<Amount>,
    /// A lower flow cap that has not reached open positions yet.
    pub cap_ramp: Option<Ramp<Value>>,
}

/// An asset as it is stored. A liquidation writes one for every collateral and pays for each byte, and what is kept of a collateral is
/// nearly always what is held: the difference, which wraps, is stored in its place.
#[derive(Serialize, Deserialize)]
struct Packed {
    decimals: Decimals,
    #[serde(with = "wicker_math::short")]
    flow_cap: Value,
    #[serde(with = "wicker_math::short")]
    flow_burst: Value,
    bucket: Bucket,
    held: Amount,
    lasting: Lasting,
    kept: i128,
    kind: Kind,
}

/// What an asset is and whether its flow cap is on a ramp, in one byte: a ramp is rare, and none costs nothing.
#[derive(Serialize, Deserialize)]
enum Kind {
    Collateral,
    Debt(Amount),
    NarrowingCollateral(Ramp<Value>),
    NarrowingDebt(Amount, Ramp<Value>),
}

impl Kind {
    const fn new(ceiling: Option<Amount>, ramp: Option<Ramp<Value>>) -> Self {
        match (ceiling, ramp) {
            (None, None) => Self::Collateral,
            (Some(ceiling), None) => Self::Debt(ceiling),
            (None, Some(ramp)) => Self::NarrowingCollateral(ramp),
            (Some(ceiling), Some(ramp)) => Self::NarrowingDebt(ceiling, ramp),
        }
    }

    const fn parts(self) -> (Option<Amount>, Option<Ramp<Value>>) {
        match self {
            Self::Collateral => (None, None),
            Self::Debt(ceiling) => (Some(ceiling), None),
            Self::NarrowingCollateral(ramp) => (None, Some(ramp)),
            Self::NarrowingDebt(ceiling, ramp) => (Some(ceiling), Some(ramp)),
        }
    }
}

/// Of a debt token, which the contract keeps little of, nothing is taken off.
const fn usually_kept(held: Amount, ceiling: Option<Amount>) -> u128 {
    match ceiling {
        Some(_) => 0,
        None => held.raw(),
    }
}

impl From<Asset> for Packed {
    fn from(asset: Asset) -> Self {
        let usual = usually_kept(asset.held, asset.ceiling);
        Self {
            decimals: asset.decimals,
            flow_cap: asset.flow_cap,
            flow_burst: asset.flow_burst,
            bucket: asset.bucket,
            held: asset.held,
            lasting: asset.lasting,
            kept: asset.kept.raw().wrapping_sub(usual) as i128,
            kind: Kind::new(asset.ceiling, asset.cap_ramp),
        }
    }
}

impl From<Packed> for Asset {
    fn from(stored: Packed) -> Self {
        let (ceiling, cap_ramp) = stored.kind.parts();
        let usual = usually_kept(stored.held, ceiling);
        Self {
            decimals: stored.decimals,
            flow_cap: stored.flow_cap,
            flow_burst: stored.flow_burst,
            bucket: stored.bucket,
            held: stored.held,
            lasting: stored.lasting,
            kept: Amount::new(usual.wrapping_add(stored.kept as u128)),
            ceiling,
            cap_ramp,
        }
    }
}

/// The least that was held of an asset in the current span of [`LASTING`] and in the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lasting {
    /// The least in the span before.
    pub before: Amount,
    /// The least since the current span began.
    pub least: Amount,
    /// When it began.
    pub since: Seconds,
}

/// What is held counts against open positions when it has been held for so long, and at most for twice as long not.
pub const LASTING: Seconds = Seconds::hours(24);

impl Lasting {
    /// Of an asset of which so much is held from now on.
    pub const fn new(held: Amount, now: Seconds) -> Self {
        Self {
            before: held,
            least: held,
            since: now,
        }
    }

    /// The same at `now`, when `held` has not changed since it was last looked at.
    fn rolled(self, held: Amount, now: Seconds) -> Self {
        let spans = now.since(self.since).get() / LASTING.get();
        let since = self
            .since
            .plus(Seconds::new(spans.saturating_mul(LASTING.get())));
        Self {
            before: match spans {
                0 => self.before,
                1 => self.least,
                _ => held,
            },
            least: if spans == 0 { self.least } else { held },
            since,
        }
    }
}

impl Asset {
    /// Sets what is held.
    pub fn hold(&mut self, held: Amount, now: Seconds) {
        self.lasting = self.lasting.rolled(self.held, now);
        self.lasting.least = self.lasting.least.min(held);
        self.held = held;
        self.cap_ramp = self.cap_ramp.filter(|ramp| !ramp.over(now));
    }

    /// The flow cap in force for open positions.
    pub fn open_cap(&self, now: Seconds) -> Result<Value> {
        Ok(match &self.cap_ramp {
            Some(ramp) => ramp.in_force(self.flow_cap, now)?,
            None => self.flow_cap,
        })
    }

    /// Dollars an hour by which the bucket of liquidations fills, and what it holds when full; a rate of zero is without limit. While a
    /// lower cap is on its way the bucket follows what open positions are judged by: their margin counts on so much being sold, and
    /// throttling must not create bad debt. It holds [`least_burst`] of that then too.
    pub fn flow(&self, now: Seconds) -> Result<(u128, u128)> {
        let cap = self.open_cap(now)?;
        Ok((cap.raw(), self.flow_burst.max(least_burst(cap)).raw()))
    }

    /// Sets what governance decides. Of the bucket, what has flowed until now flowed at the old rate; a lower flow cap reaches open
    /// positions over `span`, from what they meet now.
    pub fn set_terms(&mut self, terms: &AssetTerms, span: Seconds, now: Seconds) -> Result<()> {
        let (rate, size) = self.flow(now)?;
        self.bucket = self.bucket.drain(rate, size, now, 0);
        if terms.flow_cap != self.flow_cap {
            let from = self.open_cap(now)?;
            let tighter = from.is_zero() || terms.flow_cap < from;
            let start = now;
            self.cap_ramp = tighter.then_some(Ramp { from, start, span });
        }
        self.flow_cap = terms.flow_cap;
        self.flow_burst = terms.flow_burst;
        self.ceiling = terms.ceiling;
        Ok(())
    }

    /// The most that has been held throughout the last [`LASTING`] at least: what came later may be gone with the next message.
    pub fn lasting(&self, now: Seconds) -> Amount {
        let lasting = self.lasting.rolled(self.held, now);
        lasting.before.min(lasting.least)
    }
}

/// A position's owner and basket, which never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose it is.
    pub owner: Addr,
    /// Its basket.
    pub basket: u32,
    /// What it holds and owes.
    pub position: Position,
}

/// What the guardian has stopped in a basket. Each measure ends by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guards {
    /// No borrowing, and no withdrawing with debt, until then.
    pub borrow_until: Seconds,
    /// Collaterals that do not count for new debt, and until when.
    pub legs: Vec<(u8, Seconds)>,
    /// A lower debt ceiling, and until when.
    pub ceiling: Option<(Amount, Seconds)>,
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// When it can be applied.
    pub ready_at: Seconds,
    /// The message, as JSON: what is shown is what will run.
    pub action: Vec<u8>,
}

/// How long a change can be applied once its delay has passed: two weekly meetings of whoever runs the chain's governance may miss it,
/// and what nobody applied by then was decided about another state of the protocol.
pub const GRACE: Seconds = Seconds::hours(14 * 24);

impl Waiting {
    /// The last moment at which it can be applied.
    pub const fn expires_at(&self) -> Seconds {
        self.ready_at.plus(GRACE)
    }
}

/// Addresses. Written at instantiation.
pub const CONFIG: Record<Config> = Record::new("config");
/// Settings that all baskets share. In bounds.
pub const PROTOCOL: Record<Protocol> = Record::new("protocol");
/// Baskets opened: their ids are 1 to this number.
pub const BASKET_COUNT: Record<u32> = Record::new("basket_count");
/// Positions opened: ids are never used twice.
pub const POSITION_COUNT: Record<u64> = Record::new("position_count");
/// Changes queued so far.
pub const CHANGE_COUNT: Record<u64> = Record::new("change_count");

/// Settings of a basket. Always pass `params::check_basket`.
pub const BASKETS: Records<u32, Basket> = Records::new("basket");
/// What a basket's positions add up to. One for every basket.
pub const TOTALS: Records<u32, Totals> = Records::new("totals");
/// A basket's variances and covariances, written on the hourly grid. One leg for each member and the debt.
pub const RISK: Records<u32, RiskState> = Records::new("risk");
/// What a basket's correlations are read from, written on the coarse grid. The same legs.
pub const CORRELATION: Records<u32, CorrelationState> = Records::new("correlation");
/// What the guardian has stopped.
pub const GUARDS: Records<u32, Guards> = Records::new("guards");
/// A tightening that has not reached open positions yet.
pub const RAMPS: Records<u32, Ramp> = Records::new("ramp");
/// Listed assets by denom. `held` is the sum over baskets. Written most, so the namespace is short; that of positions too.
pub const ASSETS: Records<&str, Asset> = Records::new("a");
/// Positions by id. None is empty.
pub const POSITIONS: Records<u64, Account> = Records::new("p");
/// Queued changes by id.
pub const WAITING: Records<u64, Waiting> = Records::new("waiting");
/// Coins waiting for a payee, by payee and denom. None is zero.
pub const CLAIMS: Records<(&str, &str), Amount> = Records::new("claim");

/// Positions of an owner: one entry for each position.
const BY_OWNER: Map<(&str, u64), cosmwasm_std::Empty> = Map::new("by_owner");
/// Positions of a basket: one entry for each position.
const BY_BASKET: Map<(u32, u64), cosmwasm_std::Empty> = Map::new("by_basket");

/// Every namespace; a test holds them apart.
pub const NAMESPACES: &[&str] = &[
    "config",
    "protocol",
    "basket_count",
    "position_count",
    "change_count",
    "basket",
    "totals",
    "guards",
    "ramp",
    "a",
    "p",
    "waiting",
    "claim",
    "by_owner",
    "by_basket",
    "risk",
    "correlation",
];

/// A basket's settings; errors when there is none.
pub fn basket(storage: &dyn Storage, id: u32) -> Result<Basket> {
    BASKETS
        .may_load(storage, id)?
        .ok_or_else(|| ContractError::UnknownBasket(id).into())
}

/// A basket's totals; errors when there is none.
pub fn totals(storage: &dyn Storage, id: u32) -> Result<Totals> {
    TOTALS
        .may_load(storage, id)?
        .ok_or_else(|| ContractError::UnknownBasket(id).into())
}

/// A position; errors when there is none.
pub fn account(storage: &dyn Storage, id: u64) -> Result<Account> {
    POSITIONS
        .may_load(storage, id)?
        .ok_or_else(|| ContractError::UnknownPosition(id).into())
}

/// A listed asset; errors when there is none.
pub fn asset(storage: &dyn Storage, denom: &str) -> Result<Asset> {
    ASSETS
        .may_load(storage, denom)?
        .ok_or_else(|| ContractError::UnknownDenom(denom.into()).into())
}

/// The denoms of which coins wait for a payee.
pub fn claimed_denoms(storage: &dyn Storage, payee: &str) -> Result<Vec<String>> {
    let map: Map<(&str, &str), cosmwasm_std::Empty> = Map::new("claim");
    let keys = map
        .prefix(payee)
        .keys(storage, None, None, Order::Ascending);
    keys.take(MAX_LIST)
        .map(|denom| denom.map_err(Into::into))
        .collect()
}

/// Every payee and denom for whom coins wait: for audits, without a bound.
pub fn claimants(storage: &dyn Storage) -> Result<Vec<(String, String)>> {
    CLAIMS.keys(storage, None, usize::MAX)
}

/// Stores a new position under the next id, with its index entries.
pub fn open(storage: &mut dyn Storage, account: &Account) -> Result<u64> {
    let id = POSITION_COUNT
        .may_load(storage)?
        .unwrap_or(0)
        .saturating_add(1);
    POSITION_COUNT.save(storage, &id)?;
    POSITIONS.save(storage, id, account)?;
    let entry = cosmwasm_std::Empty {};
    BY_OWNER.save(storage, (account.owner.as_str(), id), &entry)?;
    BY_BASKET.save(storage, (account.basket, id), &entry)?;
    Ok(id)
}

/// Stores a position, or forgets an empty one with its index entries.
pub fn store(storage: &mut dyn Storage, id: u64, account: &Account) -> Result<()> {
    if !account.position.is_empty() {
        return POSITIONS.save(storage, id, account);
    }
    POSITIONS.remove(storage, id);
    BY_OWNER.remove(storage, (account.owner.as_str(), id));
    BY_BASKET.remove(storage, (account.basket, id));
    Ok(())
}

/// Positions of an owner behind `after`, by id.
pub fn of_owner(
    storage: &dyn Storage,
    owner: &str,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<u64>> {
    let keys =
        BY_OWNER
            .prefix(owner)
            .keys(storage, after.map(Bound::exclusive), None, Order::Ascending);
    keys.take(limit).map(|id| id.map_err(Into::into)).collect()
}

/// Positions of a basket behind `after`, by id.
pub fn of_basket(
    storage: &dyn Storage,
    basket: u32,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<u64>> {
    let keys =
        BY_BASKET
            .prefix(basket)
            .keys(storage, after.map(Bound::exclusive), None, Order::Ascending);
    keys.take(limit).map(|id| id.map_err(Into::into)).collect()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;
    use wicker_engine::covariance::LegPrior;
    use wicker_math::Ratio;

    use super::*;

    fn account_of(owner: &str, basket: u32) -> Account {
        Account {
            owner: Addr::unchecked(owner),
            basket,
            position: Position::default().with(0, Amount::new(1)),
        }
    }

    fn at(hours: u64) -> Seconds {
        Seconds::hours(1_000 + hours)
    }

    /// An asset of which ten units are held since hour 0.
    fn asset_of(flow_cap: Value) -> Asset {
        let held = Amount::new(10);
        Asset {
            decimals: Decimals::new(6).unwrap(),
            flow_cap,
            flow_burst: flow_cap,
            bucket: Bucket::full(flow_cap.raw(), at(0)),
            held,
            lasting: Lasting::new(held, at(0)),
            kept: held,
            ceiling: None,
            cap_ramp: None,
        }
    }

    #[test]
    fn v2_no_namespace_is_another_ones() {
        let mut names = NAMESPACES.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), NAMESPACES.len());
    }

    #[test]
    fn what_is_held_lasts_after_a_day_and_what_left_is_gone_at_once() {
        let held = Amount::new;
        let mut asset = asset_of(Value::ZERO);
        asset.hold(held(90), at(30));
        assert_eq!(asset.lasting(at(30)), held(10));
        // The span from 24 h to 48 h began with 10, the next one with 90.
        assert_eq!(asset.lasting(at(71)), held(10));
        assert_eq!(asset.lasting(at(72)), held(90));
        asset.hold(held(500), at(80));
        asset.hold(held(40), at(81));
        assert_eq!(asset.lasting(at(81)), held(40));
        asset.hold(held(500), at(82));
        assert_eq!(asset.lasting(at(119)), held(40));
        assert_eq!(asset.lasting(at(120)), held(500));
        assert_eq!(asset.lasting(at(100_000)), held(500));
    }

    /// From 900 to 100 dollars an hour: half way 1/√cap is 1/15.
    #[test]
    fn a_lower_flow_cap_is_met_gradually_and_the_bucket_follows_it() {
        let dollars = |dollars| Value::dollars(dollars);
        let terms = |cap, burst| AssetTerms {
            flow_cap: dollars(cap),
            flow_burst: dollars(burst),
            ceiling: None,
        };
        let (begun, half, end) = (at(0), at(50), at(100));
        let span = end.since(begun);
        let mut asset = asset_of(dollars(900));
        asset.set_terms(&terms(100, 20), span, begun).unwrap();
        let flow = |asset: &Asset, now| asset.flow(now).unwrap();
        let kept = |cap, size| (dollars(cap).raw(), dollars(size).raw());
        // A twelfth of what is in force, or what governance says where that is more.
        assert_eq!(flow(&asset, begun), kept(900, 75));
        assert_eq!(flow(&asset, half), kept(225, 20));
        assert_eq!(flow(&asset, end), kept(100, 20));
        // Another figure leaves the line alone; a cap over what is in force holds at once, one under it begins there.
        let mut other = asset.clone();
        other.set_terms(&terms(100, 30), span, half).unwrap();
        assert_eq!(other.cap_ramp, asset.cap_ramp);
        other.set_terms(&terms(150, 150), span, half).unwrap();
        assert_eq!(other.open_cap(half).unwrap(), dollars(225));
        assert_eq!(other.cap_ramp.unwrap().start, half);
        other.set_terms(&terms(300, 300), span, half).unwrap();
        assert_eq!((other.cap_ramp, flow(&other, half)), (None, kept(300, 300)));
        // What is over is forgotten when the record is next written.
        asset.hold(Amount::new(1), at(99));
        assert!(asset.cap_ramp.is_some());
        asset.hold(Amount::new(1), end);
        assert_eq!(asset.cap_ramp, None);
    }

    #[test]
    fn an_asset_is_read_back_whatever_is_kept_of_it() {
        let (least, most) = (Amount::ZERO, Amount::MAX);
        for (held, kept) in [
            (least, least),
            (least, most),
            (most, least),
            (Amount::new(9), Amount::new(4)),
        ] {
            let ramp = Ramp {
                from: Value::dollars(9_000_000),
                start: Seconds::hours(3),
                span: Seconds::hours(72),
            };
            let kinds = [None, Some(Amount::new(5))];
            let kinds = kinds.map(|ceiling| [(ceiling, None), (ceiling, Some(ramp))]);
            for (ceiling, cap_ramp) in kinds.concat() {
                let mut storage = MockStorage::new();
                let asset = Asset {
                    decimals: Decimals::new(6).unwrap(),
                    flow_cap: Value::dollars(1_234_500),
                    flow_burst: Value::MAX,
                    bucket: Bucket::full(77, Seconds::hours(1)),
                    held,
                    lasting: Lasting::new(held, Seconds::hours(2)),
                    kept,
                    ceiling,
                    cap_ramp,
                };
                ASSETS.save(&mut storage, "one", &asset).unwrap();
                assert_eq!(super::asset(&storage, "one").unwrap(), asset);
            }
        }
    }

    #[test]
    fn i_31_pages_of_positions_are_the_whole_once_each() {
        let mut storage = MockStorage::new();
        for index in 0..25u32 {
            let owner = if index % 2 == 0 { "ann" } else { "bob" };
            open(&mut storage, &account_of(owner, index % 3)).unwrap();
        }
        for limit in 1..30 {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = of_owner(&storage, "ann", after, limit).unwrap();
                let Some(last) = page.last() else { break };
                after = Some(*last);
                seen.extend(page);
            }
            assert_eq!(
                seen,
                (0..25).step_by(2).map(|id| id + 1).collect::<Vec<u64>>()
            );
        }
        assert_eq!(of_basket(&storage, 1, Some(2), 2).unwrap(), [5, 8]);
    }

    #[test]
    fn an_empty_position_is_forgotten_and_its_id_never_used_again() {
        let mut storage = MockStorage::new();
        let mut gone = account_of("ann", 1);
        let id = open(&mut storage, &gone).unwrap();
        assert_eq!(account(&storage, id).unwrap(), gone);
        gone.position = Position::default();
        store(&mut storage, id, &gone).unwrap();
        assert!(matches!(
            account(&storage, id).map_err(|why| *why),
            Err(ContractError::UnknownPosition(1))
        ));
        assert!(of_owner(&storage, "ann", None, 10).unwrap().is_empty());
        assert_eq!(open(&mut storage, &account_of("ann", 1)).unwrap(), 2);
    }

    /// MODEL 7: what is written on the grid stays small at the largest basket.
    #[test]
    fn the_records_of_a_full_basket_are_packed() {
        let prior = LegPrior {
            floor: Ratio::bps(50),
            stressed: Ratio::bps(200),
            correlation: Ratio::percent(60),
            weight: Seconds::hours(720),
        };
        let priors = [prior; 17];
        let now = Seconds::new(1_700_000_000);
        let risk = RiskState::new(&priors, now);
        let mut storage = MockStorage::new();
        RISK.save(&mut storage, 1, &risk).unwrap();
        assert_eq!(RISK.may_load(&storage, 1).unwrap(), Some(risk));
        CORRELATION
            .save(&mut storage, 1, &CorrelationState::new(&priors, now))
            .unwrap();
        for record in [RISK.path(1), CORRELATION.path(1)] {
            let bytes = storage.get(&record).unwrap().len();
            assert!(bytes < 2_200, "{bytes}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_names_itself() {
        let mut storage = MockStorage::new();
        storage.set(b"config", b"\xff");
        assert!(matches!(
            CONFIG.load(&storage).map_err(|why| *why),
            Err(ContractError::Corrupt { what: "config", .. })
        ));
        assert!(matches!(
            PROTOCOL.load(&storage).map_err(|why| *why),
            Err(ContractError::Corrupt {
                what: "protocol",
                ..
            })
        ));
    }
}
