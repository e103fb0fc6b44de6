//! The cdp contract: baskets, positions, debt, liquidation, governance.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Binary, Coin, Decimal256, Uint128};

/// A page holds this many entries unless the query says otherwise.
pub const DEFAULT_PAGE: u32 = 10;
/// A page never holds more.
pub const MAX_PAGE: u32 = 100;
/// The longest list a message may carry.
pub const MAX_LIST: usize = 32;

/// What the contract starts with.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct InstantiateMsg {
    /// Who governs: any address, such as the gov module's account or a DAO.
    pub owner: String,
    /// Who may only tighten, for a limited time.
    pub guardian: Option<String>,
    /// The oracle contract whose stored points are the prices.
    pub oracle: String,
    /// How debt tokens are made and unmade on this chain.
    pub token: TokenModule,
    /// Protocol-wide settings; `None` takes the defaults of SPEC.md.
    pub settings: Option<ProtocolSettings>,
}

/// The chain's token module.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct TokenModule {
    /// The type-url prefix of its messages, such as `/osmosis.tokenfactory.v1beta1.`.
    pub type_url_prefix: String,
    /// Mint straight to the borrower instead of minting to the contract and sending: cheaper, not portable.
    pub direct_mint: bool,
}

/// Settings that all baskets share.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct ProtocolSettings {
    /// Oldest price, in seconds, that borrowing and withdrawing accept.
    pub max_age: u64,
    /// Oldest price, in seconds, that liquidation accepts.
    pub max_age_liquidation: u64,
    /// Widest confidence interval, as a share of the price, that borrowing accepts.
    pub max_confidence: Decimal256,
    /// Seconds for which a new price is paired with the one before it when borrowing.
    pub price_delay: u64,
    /// Share φ of the protocol's exposure to an asset that is expected to be sold together.
    pub exposure_share: Decimal256,
    /// Seconds a loosening change waits.
    pub delay: u64,
    /// Seconds over which a tighter margin reaches open positions.
    pub ramp: u64,
}

/// What the contract does.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum ExecuteMsg {
    /// Adds the one coin sent to a position, or opens one in `basket` for the sender. Anyone may add to a position what it already holds.
    Deposit {
        /// The position, or `None` to open one.
        position: Option<u64>,
        /// The basket of a new position.
        basket: Option<u32>,
    },
    /// Takes collateral out; with debt outstanding the position must pass the initial margin afterwards.
    Withdraw {
        /// The position.
        position: u64,
        /// The collateral's denom.
        denom: String,
        /// Base units; `None` takes all.
        amount: Option<Uint128>,
        /// Who receives; `None` is the sender.
        recipient: Option<String>,
    },
    /// Mints debt against the position.
    Borrow {
        /// The position.
        position: u64,
        /// Base units of the basket's debt denom.
        amount: Uint128,
        /// Who receives; `None` is the sender.
        recipient: Option<String>,
    },
    /// Pays the sent debt coin back; what exceeds the debt returns to the sender. Anyone may.
    Repay {
        /// The position.
        position: u64,
    },
    /// Repays everything with the sent debt coin, takes all collateral out and forgets the position.
    Close {
        /// The position.
        position: u64,
        /// Who receives; `None` is the sender.
        recipient: Option<String>,
    },
    /// Any mix of repaying and depositing (the coins sent), withdrawing and borrowing; health is judged once, at the end.
    Adjust {
        /// The position, or `None` to open one.
        position: Option<u64>,
        /// The basket of a new position.
        basket: Option<u32>,
        /// Collateral to take out, each denom once.
        withdraw: Vec<Withdrawal>,
        /// Debt to mint.
        borrow: Option<Uint128>,
        /// Who receives; `None` is the sender.
        recipient: Option<String>,
    },
    /// Measures a basket's risk if its grid boundary has passed. Anyone may.
    Recalibrate {
        /// The basket.
        basket: u32,
    },
    /// Emits a margin call for each listed position under the call level. Anyone may; nothing is seized.
    Call {
        /// Positions, each once.
        positions: Vec<u64>,
    },
    /// Pays debt of a position under its maintenance margin for a slice of its collateral. Anyone may.
    Liquidate {
        /// The position.
        position: u64,
        /// Most to pay; `None` is the whole coin sent. What is not needed returns.
        max_repay: Option<Uint128>,
        /// Least to receive of each denom.
        min_received: Vec<Coin>,
        /// Refuse after this time, in seconds since 1970.
        deadline: Option<u64>,
        /// Who receives the collateral; `None` is the sender.
        recipient: Option<String>,
    },
    /// Liquidates several positions with one coin; entries that cannot be are reported and do not fail the rest.
    LiquidateMany {
        /// Positions and the most to pay for each.
        items: Vec<LiquidationItem>,
        /// Least to receive of each denom in all.
        min_received: Vec<Coin>,
        /// Refuse after this time, in seconds since 1970.
        deadline: Option<u64>,
        /// Who receives the collateral; `None` is the sender.
        recipient: Option<String>,
    },
    /// Burns the sent debt coin against a basket's recorded deficit; the excess returns. Anyone may.
    CoverDeficit {
        /// The basket.
        basket: u32,
    },
    /// Adds the sent debt coin to a basket's backstop. Anyone may.
    FundBackstop {
        /// The basket.
        basket: u32,
    },
    /// Takes coins that an earlier payment to the sender could not deliver.
    Claim {
        /// Who receives; `None` is the sender.
        recipient: Option<String>,
    },
    /// Two-step ownership, in cw-ownable's words.
    UpdateOwnership(OwnershipAction),
    /// What governance does. Owner only.
    Govern(GovernMsg),
    /// What the guardian does. Guardian or owner.
    Guard(GuardMsg),
    /// Applies a queued change whose delay has passed. Anyone may.
    Apply {
        /// The change.
        id: u64,
    },
}

/// Collateral to take out.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Withdrawal {
    /// The collateral's denom.
    pub denom: String,
    /// Base units; `None` takes all.
    pub amount: Option<Uint128>,
}

/// One entry of a batch.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct LiquidationItem {
    /// The position.
    pub position: u64,
    /// Most to pay for it; `None` is whatever of the coin is left.
    pub max_repay: Option<Uint128>,
}

/// Steps of handing ownership on.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum OwnershipAction {
    /// Offers ownership; the new owner must accept before `expiry`, in seconds since 1970.
    TransferOwnership {
        /// The new owner.
        new_owner: String,
        /// When the offer ends.
        expiry: Option<u64>,
    },
    /// Accepts an offer. New owner only.
    AcceptOwnership,
    /// Gives ownership up for good.
    RenounceOwnership,
}

/// What the owner does.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum GovernMsg {
    /// Creates a debt denom under this contract; coins sent pay the chain's fee.
    CreateDenom {
        /// The last part of the denom.
        subdenom: String,
        /// Decimal places of the token.
        decimals: u8,
        /// Most that all baskets together may owe.
        ceiling: Uint128,
    },
    /// Adopts a denom whose admin this contract already is.
    AdoptDenom {
        /// The denom.
        denom: String,
        /// Decimal places of the token.
        decimals: u8,
        /// Most that all baskets together may owe.
        ceiling: Uint128,
    },
    /// Hands the denom's admin on, for a successor contract. Waits for the delay.
    TransferDenomAdmin {
        /// The denom.
        denom: String,
        /// The new admin.
        new_admin: String,
    },
    /// Registers a collateral asset for all baskets.
    ListAsset(AssetSettings),
    /// Opens a basket.
    CreateBasket(Box<BasketSettings>),
    /// Adds a collateral to a basket. Waits for the delay.
    AddMember {
        /// The basket.
        basket: u32,
        /// The collateral.
        member: Box<MemberSettings>,
    },
    /// Stops or reopens deposits of a collateral and debt against it; exits and liquidations stay open. Reopening waits for the delay.
    WindDown {
        /// The basket.
        basket: u32,
        /// The collateral.
        denom: String,
        /// True stops, false reopens.
        stop: bool,
    },
    /// Changes parameters: at once when every change tightens, else queued for the delay.
    Change {
        /// The changes, applied together and judged as a whole.
        changes: Vec<ParameterChange>,
    },
    /// Withdraws a queued change.
    Cancel {
        /// The change.
        id: u64,
    },
    /// Names another guardian, or none.
    SetGuardian {
        /// The guardian.
        guardian: Option<String>,
    },
    /// Points to another oracle, whose prices must agree with this one's for every listed asset. Waits for the delay.
    SetOracle {
        /// The oracle contract.
        oracle: String,
    },
    /// Pays part of a basket's reserve out by minting it: interest and fees already owed by borrowers.
    WithdrawReserve {
        /// The basket.
        basket: u32,
        /// Base units of the debt denom.
        amount: Uint128,
        /// Who receives.
        recipient: String,
    },
    /// Takes coins out of a basket's backstop while the basket has no deficit. Waits for the delay.
    WithdrawBackstop {
        /// The basket.
        basket: u32,
        /// Base units of the debt denom.
        amount: Uint128,
        /// Who receives.
        recipient: String,
    },
    /// Sends coins that nobody is credited with to `recipient`.
    Skim {
        /// The denom.
        denom: String,
        /// Who receives.
        recipient: String,
    },
}

/// What the guardian does. Everything ends by itself.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum GuardMsg {
    /// Stops borrowing and withdrawing with debt in a basket. Repay, deposit and liquidation never stop.
    PauseBorrow {
        /// The basket.
        basket: u32,
        /// When it ends, in seconds since 1970.
        until: u64,
    },
    /// Stops counting a collateral for new debt.
    PauseMember {
        /// The basket.
        basket: u32,
        /// The collateral.
        denom: String,
        /// When it ends, in seconds since 1970.
        until: u64,
    },
    /// Lowers the basket's debt ceiling.
    LowerCeiling {
        /// The basket.
        basket: u32,
        /// Base units of the debt denom; above the ceiling in force is refused.
        ceiling: Uint128,
        /// When it ends, in seconds since 1970.
        until: u64,
    },
    /// Ends the guardian's measures in a basket. Owner only.
    Lift {
        /// The basket.
        basket: u32,
    },
}

/// One parameter's new value.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct ParameterChange {
    /// What it belongs to.
    pub target: Target,
    /// Its name, one of those `parameters` lists.
    pub name: String,
    /// The new value: a ratio, dollars, seconds or base units, as `parameters` says.
    pub value: Decimal256,
    /// The value it must have now, to refuse a decision taken on other facts.
    pub expected: Option<Decimal256>,
}

/// What a parameter belongs to.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum Target {
    /// The protocol.
    Protocol {},
    /// A listed asset.
    Asset {
        /// The denom.
        denom: String,
    },
    /// A basket.
    Basket {
        /// The basket.
        basket: u32,
    },
    /// A collateral of a basket.
    Member {
        /// The basket.
        basket: u32,
        /// The denom.
        denom: String,
    },
}

/// A listed asset.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct AssetSettings {
    /// The denom.
    pub denom: String,
    /// Decimal places of the token.
    pub decimals: u8,
    /// Dollars an hour that the market takes at bounded impact: `cap_i` of the liquidation bucket and of the depth `T_i`.
    pub flow_cap: Decimal256,
    /// Dollars the bucket holds when full: what liquidations may sell at once; at least five minutes' flow.
    pub flow_burst: Decimal256,
    /// An amount in base units whose worth is known otherwise than by `decimals`: what an explorer or a wallet shows.
    pub reference_amount: Uint128,
    /// Dollars governance expects it to be worth.
    pub reference_value: Decimal256,
    /// How far what it is worth by `decimals` and the oracle's price may be from that, as a share.
    pub reference_band: Decimal256,
}

/// A basket.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct BasketSettings {
    /// 1 to 64 characters.
    pub name: String,
    /// The debt denom, created or adopted before.
    pub debt: String,
    /// κ = z·√h.
    pub multiplier: Decimal256,
    /// δ: weight of the stressed correlation.
    pub stress: Decimal256,
    /// Largest concentration factor.
    pub concentration_max: Decimal256,
    /// Initial margin over maintenance margin.
    pub initial: Decimal256,
    /// Call level over maintenance margin.
    pub call: Decimal256,
    /// Margin ratio a liquidation aims at.
    pub target: Decimal256,
    /// Margin ratio under which flow caps no longer hold a liquidation back.
    pub emergency: Decimal256,
    /// Liquidation bonus at the maintenance margin.
    pub bonus_min: Decimal256,
    /// Largest liquidation bonus.
    pub bonus_max: Decimal256,
    /// Share of the repaid debt that a liquidator pays to the basket's reserve.
    pub liquidation_fee: Decimal256,
    /// Annual stability fee, nominal, compounded each second.
    pub stability_fee: Decimal256,
    /// Share of a loan added to it once.
    pub borrow_fee: Decimal256,
    /// Smallest debt of a position, in base units.
    pub min_debt: Uint128,
    /// Largest debt of the basket, in base units.
    pub debt_ceiling: Uint128,
    /// Most that may be borrowed within an hour, in base units.
    pub mint_cap: Uint128,
    /// Risk of the basket's book, in dollars of margin, under which the shares of risk are not limited.
    pub risk_floor: Decimal256,
    /// Who bears a loss after the position's collateral, in order; what is left is the basket's deficit.
    pub loss_order: Vec<LossSource>,
    /// The debt asset's risk.
    pub debt_risk: RiskSettings,
    /// 1 to 16 collaterals.
    pub members: Vec<MemberSettings>,
}

/// Who bears a loss.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum LossSource {
    /// The basket's unminted fees.
    Reserve,
    /// The basket's backstop.
    Backstop,
}

/// How an asset's risk is measured in a basket.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct RiskSettings {
    /// Lowest σ per √hour.
    pub floor: Decimal256,
    /// σ per √hour while the measurement is young or old.
    pub stressed: Decimal256,
    /// Jump floor J: share of the value that volatility cannot see.
    pub jump: Decimal256,
    /// Correlation with the others assumed at the start.
    pub correlation: Decimal256,
    /// Hours of data that the assumptions weigh at the start.
    pub weight_hours: u64,
}

/// A collateral of a basket.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct MemberSettings {
    /// The denom, listed before.
    pub denom: String,
    /// Most that the basket takes, in base units.
    pub supply_cap: Uint128,
    /// Most it may be worth, in dollars, for new debt to be taken against it.
    pub value_cap: Decimal256,
    /// Largest share of the basket's risk.
    pub risk_cap: Decimal256,
    /// How its risk is measured.
    pub risk: RiskSettings,
    /// The class it must stay in.
    pub bands: BandSettings,
}

/// The class of a basket's members.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct BandSettings {
    /// Lowest and highest annual volatility.
    pub volatility: (Decimal256, Decimal256),
    /// Least dollars an hour that the market takes.
    pub liquidity: Decimal256,
    /// Least mean correlation with the basket's other collaterals; below -1 is refused.
    pub correlation: cosmwasm_std::SignedDecimal256,
}

/// What the contract answers.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// Addresses and protocol-wide settings.
    #[returns(ConfigResponse)]
    Config {},
    /// Owner and offer, in cw-ownable's words.
    #[returns(OwnershipResponse)]
    Ownership {},
    /// A listed asset.
    #[returns(AssetResponse)]
    Asset {
        /// The denom.
        denom: String,
    },
    /// Listed assets by denom.
    #[returns(AssetsResponse)]
    Assets {
        /// Continue behind this denom.
        start_after: Option<String>,
        /// Entries a page.
        limit: Option<u32>,
    },
    /// A basket with its risk state.
    #[returns(BasketResponse)]
    Basket {
        /// The basket.
        basket: u32,
    },
    /// Baskets by id.
    #[returns(BasketsResponse)]
    Baskets {
        /// Continue behind this id.
        start_after: Option<u32>,
        /// Entries a page.
        limit: Option<u32>,
    },
    /// A position.
    #[returns(PositionResponse)]
    Position {
        /// The position.
        position: u64,
    },
    /// Positions, of one owner or of one basket, by id.
    #[returns(PositionsResponse)]
    Positions {
        /// Only this owner's.
        owner: Option<String>,
        /// Only this basket's.
        basket: Option<u32>,
        /// Continue behind this id.
        start_after: Option<u64>,
        /// Entries a page.
        limit: Option<u32>,
    },
    /// A position's equity against its margin.
    #[returns(HealthResponse)]
    Health {
        /// The position.
        position: u64,
    },
    /// The parts of a position's margin and each asset's share of its risk.
    #[returns(ExplainResponse)]
    Explain {
        /// The position.
        position: u64,
    },
    /// Positions of a basket under their maintenance margin; at most `limit` are examined.
    #[returns(LiquidatableResponse)]
    Liquidatable {
        /// The basket.
        basket: u32,
        /// Continue behind this id.
        start_after: Option<u64>,
        /// Positions examined.
        limit: Option<u32>,
    },
    /// What an adjustment would leave.
    #[returns(PreviewAdjustResponse)]
    PreviewAdjust {
        /// The position, or `None` for a new one.
        position: Option<u64>,
        /// The basket of a new position.
        basket: Option<u32>,
        /// Coins to send.
        funds: Vec<Coin>,
        /// Collateral to take out.
        withdraw: Vec<Withdrawal>,
        /// Debt to mint.
        borrow: Option<Uint128>,
    },
    /// What a liquidation would pay and receive.
    #[returns(PreviewLiquidateResponse)]
    PreviewLiquidate {
        /// The position.
        position: u64,
        /// Most to pay; `None` is no limit.
        max_repay: Option<Uint128>,
    },
    /// The most a position may borrow now; one unit more fails.
    #[returns(AmountResponse)]
    MaxBorrow {
        /// The position.
        position: u64,
    },
    /// The most of a collateral a position may withdraw now; one unit more fails.
    #[returns(AmountResponse)]
    MaxWithdraw {
        /// The position.
        position: u64,
        /// The collateral.
        denom: String,
    },
    /// The price at which the position reaches its maintenance margin.
    #[returns(LiquidationPriceResponse)]
    LiquidationPrice {
        /// The position.
        position: u64,
        /// The asset that moves; `None` moves all collaterals together.
        denom: Option<String>,
    },
    /// Changes that wait.
    #[returns(PendingResponse)]
    Pending {
        /// Continue behind this id.
        start_after: Option<u64>,
        /// Entries a page.
        limit: Option<u32>,
    },
    /// Names, units, bounds and steps of every parameter.
    #[returns(ParametersResponse)]
    Parameters {},
    /// A debt denom's supply as the baskets account for it.
    #[returns(TotalsResponse)]
    Totals {
        /// The debt denom.
        denom: String,
    },
    /// Baskets with a deficit.
    #[returns(DeficitsResponse)]
    Deficits {
        /// Continue behind this id.
        start_after: Option<u32>,
        /// Entries a page.
        limit: Option<u32>,
    },
    /// Coins waiting for their payee.
    #[returns(ClaimsResponse)]
    Claims {
        /// The payee.
        owner: String,
    },
}

/// Moving to another code.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct MigrateMsg {}

/// Addresses and settings.
#[cw_serde]
pub struct ConfigResponse {
    /// Who governs; `None` when given up.
    pub owner: Option<String>,
    /// Who may tighten.
    pub guardian: Option<String>,
    /// The oracle contract.
    pub oracle: String,
    /// The chain's token module.
    pub token: TokenModule,
    /// Settings that all baskets share.
    pub settings: ProtocolSettings,
    /// Baskets opened so far.
    pub baskets: u32,
    /// The id the next position gets.
    pub next_position: u64,
}

/// Owner and offer.
#[cw_serde]
pub struct OwnershipResponse {
    /// Who governs.
    pub owner: Option<String>,
    /// Who may accept.
    pub pending_owner: Option<String>,
    /// Until when, in seconds since 1970.
    pub pending_expiry: Option<u64>,
}

/// A listed asset.
#[cw_serde]
pub struct AssetResponse {
    /// The denom.
    pub denom: String,
    /// Decimal places of the token.
    pub decimals: u8,
    /// Dollars an hour; zero is unlimited.
    pub flow_cap: Decimal256,
    /// Dollars the bucket holds when full.
    pub flow_burst: Decimal256,
    /// Dollars in the bucket now.
    pub flow_left: Decimal256,
    /// Held over all baskets; for a debt denom, its supply.
    pub held: Uint128,
    /// For a debt denom, the most all baskets may owe.
    pub ceiling: Option<Uint128>,
}

/// Assets of a page.
#[cw_serde]
pub struct AssetsResponse {
    /// By denom.
    pub assets: Vec<AssetResponse>,
}

/// A basket with its risk state.
#[cw_serde]
pub struct BasketResponse {
    /// The basket.
    pub basket: u32,
    /// Its settings.
    pub settings: BasketSettings,
    /// What all positions owe.
    pub debt: Uint128,
    /// Growth of a unit of debt since the start.
    pub index: Decimal256,
    /// Fees not minted yet.
    pub reserve: Uint128,
    /// Coins that bear losses.
    pub backstop: Uint128,
    /// Loss that nobody has borne yet; above zero, no new debt.
    pub deficit: Uint128,
    /// When the basket's risk was last measured.
    pub measured_at: u64,
    /// Risk of each asset; the debt asset stands last.
    pub assets: Vec<AssetRisk>,
    /// Correlation of each pair: row i has the correlations with assets 0 to i - 1.
    pub correlation: Vec<Vec<cosmwasm_std::SignedDecimal256>>,
    /// Mean correlation over the last day.
    pub mean_correlation_fast: Option<cosmwasm_std::SignedDecimal256>,
    /// Mean correlation over the last months.
    pub mean_correlation_slow: Option<cosmwasm_std::SignedDecimal256>,
    /// Borrowing is paused until this time.
    pub paused_until: Option<u64>,
    /// What the mint cap leaves to borrow now.
    pub mint_left: Uint128,
    /// What the guardian lowered the debt's ceiling to.
    pub lowered_ceiling: Option<Uint128>,
}

/// An asset's risk in a basket.
#[cw_serde]
pub struct AssetRisk {
    /// The denom.
    pub denom: String,
    /// Base units that all positions hold; for the debt asset, owe.
    pub total: Uint128,
    /// What that is worth, in dollars; `None` for nothing, and where it or the debt asset has no price. A collateral's counts against its
    /// value cap.
    pub value: Option<Decimal256>,
    /// σ per √hour in force for open positions.
    pub sigma: Decimal256,
    /// σ per √hour as measured now.
    pub measured: Decimal256,
    /// Samples taken.
    pub samples: u32,
    /// When the last sample was taken.
    pub sampled_at: u64,
    /// Share of the book's risk.
    pub weight: Option<cosmwasm_std::SignedDecimal256>,
    /// No new deposits or debt: out of its class.
    pub demoted: bool,
    /// No new deposits or debt: governance winds it down.
    pub wind_down: bool,
    /// The guardian lets it count nothing for new debt until this time.
    pub paused_until: Option<u64>,
}

/// Baskets of a page.
#[cw_serde]
pub struct BasketsResponse {
    /// By id.
    pub baskets: Vec<BasketResponse>,
}

/// A position.
#[cw_serde]
pub struct PositionResponse {
    /// Its id.
    pub position: u64,
    /// Whose it is.
    pub owner: String,
    /// Its basket.
    pub basket: u32,
    /// What it holds.
    pub collateral: Vec<Coin>,
    /// What it owes now, in base units.
    pub debt: Uint128,
    /// Its part of the basket's debt.
    pub shares: Uint128,
}

/// Positions of a page.
#[cw_serde]
pub struct PositionsResponse {
    /// By id.
    pub positions: Vec<PositionResponse>,
}

/// A position's level.
#[cw_serde]
pub enum Level {
    /// Nothing owed.
    NoDebt,
    /// Passes the initial margin.
    Healthy,
    /// Between call and initial: no new risk.
    Restricted,
    /// Under the call level.
    Called,
    /// Under the maintenance margin.
    Liquidatable,
    /// Owes more than it holds.
    Insolvent,
}

/// A position's equity against its margin.
#[cw_serde]
pub struct HealthResponse {
    /// Its level.
    pub level: Level,
    /// Dollars of collateral.
    pub collateral: Decimal256,
    /// Dollars of debt.
    pub debt: Decimal256,
    /// Collateral less debt.
    pub equity: cosmwasm_std::SignedDecimal256,
    /// Maintenance margin in dollars.
    pub maintenance: Decimal256,
    /// Equity over maintenance margin; `None` without debt.
    pub margin_ratio: Option<cosmwasm_std::SignedDecimal256>,
    /// Initial margin in dollars; `None` when a price it needs cannot be used.
    pub initial: Option<Decimal256>,
    /// Debt over collateral.
    pub ltv: Option<Decimal256>,
}

/// The parts of a position's margin.
#[cw_serde]
pub struct ExplainResponse {
    /// Independent volatilities.
    pub base: cosmwasm_std::SignedDecimal256,
    /// What correlation adds or takes.
    pub correlation: cosmwasm_std::SignedDecimal256,
    /// What size against the market adds.
    pub concentration: cosmwasm_std::SignedDecimal256,
    /// What the jump floor adds.
    pub jump: cosmwasm_std::SignedDecimal256,
    /// Liquidation bonus and fees.
    pub fees: cosmwasm_std::SignedDecimal256,
    /// The maintenance margin: the exact sum of the parts.
    pub maintenance: Decimal256,
    /// Share of each asset held or owed in the position's risk.
    pub weights: Vec<Weight>,
}

/// An asset's share of risk.
#[cw_serde]
pub struct Weight {
    /// The denom.
    pub denom: String,
    /// The share; all shares sum to one.
    pub weight: cosmwasm_std::SignedDecimal256,
}

/// Positions under their maintenance margin.
#[cw_serde]
pub struct LiquidatableResponse {
    /// By id.
    pub positions: Vec<LiquidatablePosition>,
    /// Continue behind this id; `None` at the end.
    pub next: Option<u64>,
}

/// A position under its maintenance margin.
#[cw_serde]
pub struct LiquidatablePosition {
    /// Its id.
    pub position: u64,
    /// Equity over maintenance margin.
    pub margin_ratio: cosmwasm_std::SignedDecimal256,
    /// What it owes, in base units.
    pub debt: Uint128,
    /// Owes more than it holds.
    pub insolvent: bool,
}

/// What an adjustment would leave.
#[cw_serde]
pub struct PreviewAdjustResponse {
    /// Health afterwards.
    pub health: HealthResponse,
    /// Debt afterwards, in base units.
    pub debt: Uint128,
    /// Collateral afterwards.
    pub collateral: Vec<Coin>,
    /// One-off fee, in base units of debt.
    pub fee: Uint128,
    /// What would return to the payer, in base units of debt.
    pub refund: Uint128,
}

/// What a liquidation would pay and receive.
#[cw_serde]
pub struct PreviewLiquidateResponse {
    /// What the liquidator pays, in base units of debt.
    pub payment: Uint128,
    /// Of this, what the debt falls by.
    pub repaid: Uint128,
    /// What the liquidator receives.
    pub seized: Vec<Coin>,
    /// The bonus.
    pub bonus: Decimal256,
    /// Debt that nobody repays.
    pub bad_debt: Uint128,
    /// True when no debt is left.
    pub full: bool,
}

/// An amount.
#[cw_serde]
pub struct AmountResponse {
    /// Base units.
    pub amount: Uint128,
}

/// The price at which the position reaches its maintenance margin.
#[cw_serde]
pub struct LiquidationPriceResponse {
    /// Share of today's prices; `None` when no price between zero and a hundred times today's does.
    pub factor: Option<Decimal256>,
    /// The asset's price, where one asset moves.
    pub price: Option<Decimal256>,
}

/// Changes that wait.
#[cw_serde]
pub struct PendingResponse {
    /// By id.
    pub pending: Vec<PendingChange>,
}

/// A change that waits.
#[cw_serde]
pub struct PendingChange {
    /// Its id.
    pub id: u64,
    /// When it can be applied, in seconds since 1970.
    pub ready_at: u64,
    /// The last moment at which it can be, in seconds since 1970; afterwards the owner can only cancel it.
    pub expires_at: u64,
    /// What it does.
    pub action: GovernMsg,
}

/// Every parameter.
#[cw_serde]
pub struct ParametersResponse {
    /// By target and name.
    pub parameters: Vec<ParameterInfo>,
}

/// A parameter's bounds.
#[cw_serde]
pub struct ParameterInfo {
    /// `protocol`, `asset`, `basket` or `member`.
    pub target: String,
    /// Its name.
    pub name: String,
    /// `ratio`, `dollars`, `seconds` or `units`.
    pub unit: String,
    /// Least value.
    pub min: Decimal256,
    /// Largest value.
    pub max: Decimal256,
    /// Largest loosening step, as a share of the value in force.
    pub max_step: Decimal256,
    /// True when a higher value is tighter.
    pub tighter_up: bool,
    /// True when open positions meet a tighter value gradually.
    pub ramps: bool,
}

/// A debt denom's supply.
#[cw_serde]
pub struct TotalsResponse {
    /// The denom.
    pub denom: String,
    /// Minted less burned by this contract.
    pub supply: Uint128,
    /// What all positions owe.
    pub debt: Uint128,
    /// Fees not minted yet.
    pub reserve: Uint128,
    /// Deficits of all baskets.
    pub deficit: Uint128,
    /// Coins in backstops.
    pub backstop: Uint128,
}

/// Baskets with a deficit.
#[cw_serde]
pub struct DeficitsResponse {
    /// By id.
    pub deficits: Vec<Deficit>,
}

/// A basket's deficit.
#[cw_serde]
pub struct Deficit {
    /// The basket.
    pub basket: u32,
    /// The debt denom.
    pub denom: String,
    /// Base units.
    pub amount: Uint128,
}

/// Coins waiting for their payee.
#[cw_serde]
pub struct ClaimsResponse {
    /// By denom.
    pub coins: Vec<Coin>,
}

/// What a payment carries to its reply, in case the payee refuses it.
#[cw_serde]
pub struct PaymentPayload {
    /// The payee.
    pub payee: String,
    /// The coins.
    pub coins: Vec<Coin>,
}

impl PaymentPayload {
    /// As the payload of a sub-message.
    pub fn to_binary(&self) -> cosmwasm_std::StdResult<Binary> {
        cosmwasm_std::to_json_binary(self)
    }
}
