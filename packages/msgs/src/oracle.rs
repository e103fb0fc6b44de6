//! The oracle contract: one validated price point for each denom.
//!
//! Prices are plain decimal text in dollars for one whole token, such as `"12.5"`, with up to 24 places and between 1e-12 and 1e9:
//! no sign, no exponent. Times are seconds since 1970. A field that a message does not have is refused: a misspelt optional field would
//! otherwise be a silent default. Readers on chain take a point by raw query under [`point_key`].

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::Decimal256;

/// The longest list of denoms or prices a message may carry.
pub const MAX_LIST: usize = 32;
/// The most feeders or legs a source may have.
pub const MAX_LEGS: usize = 16;
/// The longest query of a staked token's source, in characters.
pub const MAX_QUERY: usize = 512;
/// The longest path into an answer, in names.
pub const MAX_PATH: usize = 8;
/// Sources may build on sources this many levels deep.
pub const MAX_DEPTH: u32 = 4;
/// A page holds this many entries unless the query says otherwise.
pub const DEFAULT_PAGE: u32 = 10;
/// A page never holds more.
pub const MAX_PAGE: u32 = 100;
/// The longest freeze, in seconds. A denom that was frozen takes a new price before it can be frozen again, so that its price never becomes
/// too old for liquidation, where governance allows that a day.
pub const MAX_FREEZE: u64 = 12 * 3_600;

/// The raw storage key of a denom's point: a 104-byte record that `wicker_math::PricePoint` reads.
pub fn point_key(denom: &str) -> Vec<u8> {
    [b"point:", denom.as_bytes()].concat()
}

/// What the contract starts with.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct InstantiateMsg {
    /// Who sets sources: any address.
    pub owner: String,
    /// Who may freeze a denom for a limited time.
    pub guardian: Option<String>,
}

/// What the contract does. None of it takes coins.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
// Boxing would show in no message and help nothing: one is decoded per call.
#[allow(clippy::large_enum_variant)]
pub enum ExecuteMsg {
    /// Reads the sources of these denoms and stores what passes the guards. Anyone may. A denom whose source fails keeps its last
    /// price, is marked degraded and reported in an event; the others go on. List a composite or a staked token after what it builds on.
    /// An event `wicker_price` for each says `accepted`, `doubtful` (borrowing waits), `pending`, `limited`, `unchanged` (nothing newer),
    /// `rejected` (frozen) or `degraded`, the last two with the reason.
    Refresh {
        /// At most 32, each once.
        denoms: Vec<String>,
    },
    /// Takes a feeder's prices for denoms with a relayed source. Entries are judged one by one: an event `wicker_price` for each says
    /// `accepted`, `doubtful`, `pending`, `limited`, `reported` (stored, no new price of the quorum yet), or `rejected` with the reason.
    /// The message fails when it is empty, too long, names a denom twice or one without a source, or when the sender is not a feeder of one of them.
    Report {
        /// At most 32, each denom once.
        prices: Vec<ReportedPrice>,
    },
    /// Gives a denom its source, or another one. Owner only.
    SetSource {
        /// The denom, or any name that composites refer to.
        denom: String,
        /// Where its price comes from.
        source: Source,
        /// What an observation is held to; `None` takes the defaults.
        guards: Option<Guards>,
        /// What the price must be near: a source that can be read is read at once, a relayed one is held to it at its first price.
        reference: Reference,
    },
    /// Takes a denom's source away: its last price stays, degraded, and ages. Owner only; refused while another source builds on it.
    RemoveSource {
        /// The denom.
        denom: String,
    },
    /// Stops borrowing against a denom and keeps its last price, for a while. Owner or guardian.
    Freeze {
        /// The denom.
        denom: String,
        /// For how many seconds from now, at most a week.
        seconds: u64,
    },
    /// Ends a freeze early. Owner only.
    Unfreeze {
        /// The denom.
        denom: String,
    },
    /// Names the guardian. Owner only.
    SetGuardian {
        /// The guardian, or none.
        guardian: Option<String>,
    },
    /// Offers the ownership. Owner only.
    ProposeOwner {
        /// The next owner; `None` takes the offer back.
        owner: Option<String>,
    },
    /// Takes the offered ownership. The proposed owner only.
    AcceptOwner {},
}

/// One price of a feeder.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct ReportedPrice {
    /// The denom.
    pub denom: String,
    /// Dollars for one whole token.
    pub price: String,
    /// When the feeder saw it, in seconds since 1970.
    pub publish_time: u64,
    /// Half the width of its interval in dollars; `None` when unknown.
    pub confidence: Option<String>,
}

/// Where a price comes from.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum Source {
    /// A constant. For test chains: production has no constant prices.
    Fixed {
        /// Dollars for one whole token.
        price: String,
    },
    /// Named feeders push; the median of fresh reports near each other counts.
    Relayed {
        /// Who may report, 1 to 16.
        feeders: Vec<String>,
        /// How many must agree; also more than half of those that reported lately.
        quorum: u32,
        /// The largest distance from the median, as a share, for a report to agree.
        max_spread: Decimal256,
    },
    /// A feed of a Pyth contract.
    Pyth {
        /// The Pyth contract.
        contract: String,
        /// The feed's id: 64 hexadecimal digits.
        feed: String,
        /// The largest distance from the feed's moving average, as a share; above 0, at most 0.5. Beyond it the price counts for
        /// liquidation and is marked degraded. `None` for no such limit.
        max_ema_deviation: Option<Decimal256>,
    },
    /// A pair of a Band standard reference contract, or of one with the same question, such as Ojo's.
    Band {
        /// The contract.
        contract: String,
        /// The symbol that is priced, 1 to 64 characters.
        base: String,
        /// The symbol it is priced in: `USD`, or the token's own where `inverse`.
        quote: String,
        /// Counts one over the rate: for a pair that says what a dollar is worth.
        inverse: bool,
    },
    /// A pair of the chain's own price module, which its validators feed with every block.
    Slinky {
        /// The module's name on this chain.
        version: SlinkyVersion,
        /// The symbol that is priced, 1 to 64 characters.
        base: String,
        /// The symbol it is priced in: `USD`, or the token's own where `inverse`.
        quote: String,
        /// Counts one over the price: for a pair that says what a dollar is worth.
        inverse: bool,
    },
    /// A pool's time-weighted average on the same chain, times the stored price of what the pool pays in.
    Twap(Twap),
    /// A staked token: its redemption rate times the stored price of what it redeems to.
    LstRate(LstRate),
    /// A contract that answers an [`AdapterQuery`] with an [`AdapterPrice`], or fails when it has no price that it believes.
    Adapter {
        /// The contract.
        contract: String,
        /// The denom's name there.
        denom: String,
    },
    /// Made from the stored prices of other denoms. It is published when the newest of its legs was, and fails as soon as one that it
    /// needs is older than `max_age`.
    Composite {
        /// The denoms, 2 to 16, each once, each with a source here.
        legs: Vec<String>,
        /// How they combine.
        rule: Rule,
    },
}

/// Names under which chains have the module that validators feed with prices.
#[cw_serde]
#[schemaifier(mute_warnings)]
pub enum SlinkyVersion {
    /// `slinky.oracle.v1`, as on Neutron.
    SlinkyV1,
    /// `connect.oracle.v2`.
    ConnectV2,
}

/// A pool's average as a source, from the modules `twap` and `downtimedetector`.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Twap {
    /// The pool.
    pub pool_id: u64,
    /// How the average is taken.
    pub mean: Mean,
    /// The pool's coin that is priced.
    pub base: String,
    /// Its decimal places, at most 18.
    pub base_decimals: u8,
    /// The pool's coin that it is priced in.
    pub quote: String,
    /// Its decimal places, at most 18.
    pub quote_decimals: u8,
    /// The denom with a source here whose stored price `quote` has. The result is as old as that price.
    pub quote_price: String,
    /// The seconds the average goes back; 60 to 172,800.
    pub window: u64,
    /// The shortest halt of the chain that counts, in seconds: one of those the detector knows, 30 s, 1 to 5, 10, 20, 30, 40 and 50 min, 1, 1.5,
    /// 2, 2.5, 3 to 6, 9, 12, 18, 24, 36 and 48 h.
    pub downtime: u64,
    /// The seconds since the end of such a halt before there is a price again; `window`, so that the average has nothing of before it, to 604,800.
    pub recovery: u64,
}

/// How an average is taken.
#[cw_serde]
#[schemaifier(mute_warnings)]
pub enum Mean {
    /// Of the prices.
    Arithmetic,
    /// Of their logarithms: one over it is the mean of the inverse pair.
    Geometric,
}

/// A staked token's source.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct LstRate {
    /// The contract that knows the redemption rate.
    pub contract: String,
    /// The question to it as JSON text, such as `{"redemption_rate":{"denom":"stuatom"}}` or `{"state":{}}`; at most 512 characters.
    pub query: String,
    /// The names that lead to the rate in the answer, outermost first; none when the answer is the rate itself. The rate is how many base
    /// tokens one staked token redeems to: decimal text or a whole number.
    pub rate_path: Vec<String>,
    /// The names that lead to the time of the rate, in seconds since 1970; `None` when the contract computes the rate as it answers.
    pub time_path: Option<Vec<String>>,
    /// The oldest rate, in seconds; 1 to 604,800. The price itself is as old as the base's.
    pub max_rate_age: u64,
    /// The denom it redeems to, which has a source here.
    pub base: String,
    /// The largest growth of the rate in a year of 365.25 days, as a share of the highest rate so far; above 0, at most 1. A higher rate
    /// counts at this limit; a lower one counts as it is, and may return to the highest at once.
    pub max_growth: Decimal256,
    /// Where the limit grows from at first: rate and time always change together. At most a year old; the rate from 0.001 to 1,000.
    pub snapshot: RateSnapshot,
}

/// What an adapter contract is asked.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum AdapterQuery {
    /// The price of a token.
    Price {
        /// The token's name at the adapter.
        denom: String,
    },
}

/// What an adapter contract answers: these fields and no others.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct AdapterPrice {
    /// Dollars for one whole token.
    pub price: String,
    /// When it was published, in seconds since 1970.
    pub publish_time: u64,
    /// Half the width of its interval in dollars; `None` when unknown.
    pub confidence: Option<String>,
}

/// A redemption rate and when it held.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct RateSnapshot {
    /// Base tokens for one staked token.
    pub rate: Decimal256,
    /// Seconds since 1970.
    pub time: u64,
}

/// How a composite combines its legs.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum Rule {
    /// All multiplied; every leg is needed.
    Product {},
    /// The lowest; every leg is needed.
    Minimum {},
    /// The median of the usable ones that agree.
    Median {
        /// How many must agree; also more than half of the usable ones.
        quorum: u32,
        /// The largest distance from the median, as a share, for a leg to agree.
        max_spread: Decimal256,
    },
}

/// What an observation is held to.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Guards {
    /// The oldest observation or report, in seconds; 1 to 172,800.
    pub max_age: u64,
    /// How many seconds in the future it may lie; at most 60.
    pub max_future: u64,
    /// The widest confidence as a share of the price; above 0, at most 0.2. Wider, and liquidation too keeps the last price: set it to
    /// where a price says nothing any more. Borrowing has a narrower limit of its own.
    pub max_confidence: Decimal256,
    /// The largest step that needs no second observation, as a share; above 0, at most 0.5.
    pub max_step: Decimal256,
    /// The least seconds between the observations of a larger step; 1 to 3,600, and above `max_future`.
    pub step_interval: u64,
    /// The seconds over which the anchor averages; 60 to 86,400.
    pub window: u64,
    /// The largest departure from the anchor that needs no second observation, as a share; from `max_step` to 1.
    pub window_limit: Decimal256,
    /// The least seconds between the observations of a larger departure; `step_interval` to 3,600.
    pub window_interval: u64,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_age: 300,
            max_future: 10,
            max_confidence: Decimal256::percent(10),
            max_step: Decimal256::percent(10),
            step_interval: 30,
            window: 3_600,
            window_limit: Decimal256::percent(25),
            window_interval: 60,
        }
    }
}

/// What a new source must agree with.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Reference {
    /// Dollars for one whole token, from somewhere else.
    pub price: String,
    /// How far off, as a share; above 0, at most 0.5.
    pub band: Decimal256,
}

/// What can be asked.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// Owner and guardian.
    #[returns(ConfigResponse)]
    Config {},
    /// A denom's source.
    #[returns(SourceResponse)]
    Source {
        /// The denom.
        denom: String,
    },
    /// All sources, by denom.
    #[returns(SourcesResponse)]
    Sources {
        /// The last denom of the page before.
        start_after: Option<String>,
        /// At most 100.
        limit: Option<u32>,
    },
    /// A denom's stored price, whatever its age and status.
    #[returns(PriceResponse)]
    Price {
        /// The denom.
        denom: String,
    },
    /// The stored prices of all denoms with a source, by denom; those without a price yet are left out of the page.
    #[returns(PricesResponse)]
    Prices {
        /// Where the page before ended.
        start_after: Option<String>,
        /// How many sources to look at, at most 100.
        limit: Option<u32>,
    },
    /// What each feeder of a relayed denom said last. Empty while it has a single feeder, whose last report is the price.
    #[returns(ReportsResponse)]
    Reports {
        /// The denom.
        denom: String,
    },
}

/// Who governs.
#[cw_serde]
pub struct ConfigResponse {
    /// The owner.
    pub owner: String,
    /// To whom the ownership is offered.
    pub proposed_owner: Option<String>,
    /// Who may freeze.
    pub guardian: Option<String>,
}

/// A denom's source.
#[cw_serde]
pub struct SourceResponse {
    /// The denom.
    pub denom: String,
    /// Where its price comes from.
    pub source: Source,
    /// What an observation is held to.
    pub guards: Guards,
    /// Present until the first price of a relayed source: what that price must be near.
    pub reference: Option<Reference>,
    /// Of a staked token: the highest rate that has counted, from which the limit grows now.
    pub highest_rate: Option<RateSnapshot>,
}

/// A page of sources.
#[cw_serde]
pub struct SourcesResponse {
    /// By denom.
    pub sources: Vec<SourceResponse>,
}

/// A stored price.
#[cw_serde]
pub struct PriceResponse {
    /// The denom.
    pub denom: String,
    /// Dollars for one whole token.
    pub price: String,
    /// When it was published.
    pub publish_time: u64,
    /// When it was accepted.
    pub accepted_at: u64,
    /// Half the width of its interval in dollars; `"0"` when the source gives none.
    pub confidence: String,
    /// How many sources agreed.
    pub sources: u8,
    /// What is unusual about it.
    pub status: PriceStatus,
    /// What stood before, weighted by time.
    pub anchor: String,
    /// A large step that waits for its second observation.
    pub pending: Option<PendingPrice>,
    /// When a freeze ends.
    pub frozen_until: Option<u64>,
}

/// What is unusual about a price; all false is an ordinary one.
#[cw_serde]
pub struct PriceStatus {
    /// A large step waits.
    pub pending: bool,
    /// The window's limit holds the last observation back.
    pub limited: bool,
    /// The source failed, lost its quorum or warns of the price.
    pub degraded: bool,
    /// Frozen.
    pub frozen: bool,
}

/// A large step seen and not yet confirmed.
#[cw_serde]
pub struct PendingPrice {
    /// As far as every observation since supports.
    pub price: String,
    /// When the first of them was published.
    pub since: u64,
}

/// A page of prices.
#[cw_serde]
pub struct PricesResponse {
    /// By denom.
    pub prices: Vec<PriceResponse>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<String>,
}

/// The last reports.
#[cw_serde]
pub struct ReportsResponse {
    /// By feeder.
    pub reports: Vec<ReportResponse>,
}

/// A feeder's last report.
#[cw_serde]
pub struct ReportResponse {
    /// The feeder.
    pub feeder: String,
    /// Dollars for one whole token.
    pub price: String,
    /// When the feeder saw it.
    pub publish_time: u64,
}

/// Nothing to say: the new code knows what to do.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct MigrateMsg {}

#[cfg(test)]
mod tests {
    use cosmwasm_std::from_json;

    use super::*;

    #[test]
    fn prm_9_unknown_missing_and_mistyped_fields_are_refused() {
        let source = r#"{"set_source":{"denom":"a","source":{"fixed":{"price":"1"}},"guards":null,"reference":{"price":"1","band":"0.1"}}}"#;
        let read = |json: &str| from_json::<ExecuteMsg>(json);
        assert!(read(source).is_ok());
        let strange = [
            source.replace("\"guards\"", "\"guard\""),
            source.replace("\"band\"", "\"width\""),
            source.replace("\"0.1\"", "\"0.1\",\"x\":1"),
            source.replace("{\"price\":\"1\"}}", "{\"price\":\"1\",\"x\":1}}"),
            source.replace("\"denom\":\"a\",", ""),
            source.replace("\"a\"", "5"),
            source.replace("null", "{\"max_age\":-1}"),
            source.replace("fixed", "Fixed"),
            source.replace("\"0.1\"", "0.1"),
            source.replace("\"0.1\"", "\"-0.1\""),
            format!("{}{}", "[".repeat(64), "]".repeat(64)),
            format!("{}1{}", "{\"set_source\":".repeat(5_000), "}".repeat(5_000)),
            r#"{"accept_owner":{"x":1}}"#.into(),
            r#"{"accept_owner":{},"set_guardian":{}}"#.into(),
            r#""accept_owner""#.into(),
            "{}".into(),
            String::new(),
        ];
        for json in strange {
            assert!(read(&json).is_err(), "{}", &json[..json.len().min(200)]);
        }
        assert!(from_json::<InstantiateMsg>(r#"{"owner":"a","guard":"b"}"#).is_err());
        assert!(from_json::<QueryMsg>(r#"{"prices":{"start":"a"}}"#).is_err());
        assert!(from_json::<MigrateMsg>(r#"{"x":1}"#).is_err());
    }

    #[test]
    fn a_point_stands_under_its_denom() {
        assert_eq!(point_key("uatom"), b"point:uatom");
    }
}
