//! A deployment with many positions under their margin, keepers with money, and a proxy before the node.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cosmwasm_std::{Coin, Decimal256, Uint128};
use tokio::sync::{Mutex, MutexGuard, OnceCell};
use wicker_client::{Chain, Execute, Message, Signer};
use wicker_keeper::{Config, Keeper, KeeperError, Round};
use wicker_localnet::{
    error::{Error, Trying},
    net::Net,
    protocol::{Codes, Protocol, DENOMS, START},
    proxy::Proxy,
    settings::UNIT,
};
use wicker_msgs::cdp::{ExecuteMsg, PositionResponse, QueryMsg};

/// Whose collateral falls.
const OWNERS: [&str; 3] = ["alice", "bob", "carol"];
/// Positions of each of them.
const EACH: usize = 10;
/// Debt of each position, in whole dollars, against ten tokens that fall from ten dollars to 3.3.
const DEBT: u128 = 300;
/// What each keeper has.
const MONEY: u128 = 4_000 * UNIT;
/// The gas price of the local chain, as a part of a `stake`.
pub const PRICE: &str = "0.025stake";
/// Blocks a transaction is valid for: it is void soon.
const VALID: u64 = 8;
/// What is waited for comes within this, or the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the contracts are.
#[derive(Debug, Clone)]
struct Place {
    cdp: String,
    oracle: String,
    debt: String,
}

static PLACE: OnceCell<Place> = OnceCell::const_new();
static TURN: Mutex<()> = Mutex::const_new(());

/// What a test works with; no other test has it meanwhile.
pub struct Scene {
    /// The chain, without faults.
    pub net: Net,
    /// The node with faults.
    pub proxy: Proxy,
    place: Place,
    keeper: String,
    journal: Folder,
    _turn: MutexGuard<'static, ()>,
}

/// What a keeper's account has and has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Transactions in blocks, in all.
    pub sequence: u64,
    /// What pays fees.
    pub stake: u128,
    /// What pays debts.
    pub money: u128,
}

impl Scene {
    /// The scene with a keeper of its own.
    pub async fn with(keeper: &str) -> Result<Self, Error> {
        let turn = TURN.lock().await;
        let net = Net::open().await?;
        let place = PLACE.get_or_try_init(|| set(&net)).await?.clone();
        let [rpc] = net.chain.config().endpoints.as_slice() else {
            return Err(Error::Wrong("the local chain has one node".into()));
        };
        // A keeper looks a block back: what the test before did is to be seen.
        let mut blocks = net.chain.blocks();
        for _ in 0..3 {
            blocks.next().await.trying("waiting for a block")?;
        }
        Ok(Self {
            proxy: Proxy::before(rpc)?,
            net,
            place,
            keeper: keeper.into(),
            journal: Folder::new(),
            _turn: turn,
        })
    }

    /// A keeper that sees the chain through the proxy alone, and liquidates one position at a time.
    pub async fn keeper(&self, price: &str) -> Result<Keeper, KeeperError> {
        self.keeper_through(&[&self.proxy], price, self.config())
            .await
    }

    /// A keeper that sees the chain through these.
    pub async fn keeper_through(
        &self,
        proxies: &[&Proxy],
        price: &str,
        config: Config,
    ) -> Result<Keeper, KeeperError> {
        let mut client = self.net.chain.config().clone();
        client.endpoints = proxies.iter().map(|proxy| proxy.url()).collect();
        client.gas.price = price.parse()?;
        client.limits.timeout = Duration::from_secs(2);
        client.limits.rest = Duration::from_millis(500);
        client.limits.max_block_age = Duration::from_secs(10);
        client.limits.valid_blocks = VALID;
        Keeper::new(
            Chain::connect(client).await?,
            self.net.key(&self.keeper).unwrap(),
            config,
            (&self.place.cdp, &self.place.oracle),
        )
    }

    /// How keepers work here. A `stake` costs a dollar.
    pub fn config(&self) -> Config {
        Config {
            journal: self.journal.0.join("keeper.db"),
            fee_price: Decimal256::from_ratio(1u64, UNIT),
            batch: 1,
            rest: 100_000,
            ..Config::default()
        }
    }

    /// The keeper's key.
    pub fn signer(&self) -> &Signer {
        self.net.account(&self.keeper).unwrap()
    }

    /// The keeper's account, as the chain has it.
    pub async fn account(&self) -> Account {
        let (chain, address) = (&self.net.chain, self.signer().address());
        let held = async |denom: &str| chain.balance(address, denom).await.unwrap().u128();
        Account {
            sequence: chain.account(address).await.unwrap().sequence,
            stake: held(&self.net.denom).await,
            money: held(&self.place.debt).await,
        }
    }

    /// A position, as the chain has it.
    pub async fn position(&self, position: u64) -> PositionResponse {
        let question = QueryMsg::Position { position };
        let answer = self.net.chain.query(&self.place.cdp, &question);
        answer.await.unwrap()
    }

    /// Its owner pays all of its debt.
    pub async fn repay(&self, position: u64) -> Result<(), Error> {
        let owner = self.position(position).await.owner;
        let coin = Coin::new(2 * DEBT * UNIT, &self.place.debt);
        let msg = ExecuteMsg::Repay { position };
        let told = self.net.tell(
            self.net.signer(&owner)?,
            &self.place.cdp,
            &msg,
            vec![coin],
            1_000_000,
        );
        told.await.map(|_| ())
    }

    /// The keeper's key signs something else and sends it past the proxy.
    pub async fn sign_something_else(&self) -> Result<(), Error> {
        let send = Message::Send {
            to: self.signer().address().into(),
            coins: vec![Coin::new(1u128, &self.net.denom)],
        };
        let done = self.net.act(self.signer(), vec![send], None, "sending");
        done.await.map(|_| ())
    }
}

/// Deploys, opens positions and lets the price of their collateral fall.
async fn set(net: &Net) -> Result<Place, Error> {
    let protocol = Protocol::start(net, Codes::store(net).await?, &[1, 2]).await?;
    let basket = |size: usize| protocol.baskets.get(&size).copied().unwrap();
    // The lender's own collateral does not fall.
    let lender = net.account("keeper")?;
    let coins = vec![Coin::new(200_000 * UNIT, DENOMS[1])];
    let borrow = Some(100_000 * UNIT);
    protocol.open(lender, basket(2), coins, borrow).await?;
    let keepers = net.accounts("user").into_iter().take(9);
    let owners = OWNERS.map(|name| net.account(name));
    let owners = owners.into_iter().collect::<Result<Vec<_>, _>>()?;
    let sends = keepers.chain(owners.clone()).map(|to| Message::Send {
        to: to.address().into(),
        coins: vec![Coin::new(MONEY, &protocol.debt)],
    });
    net.act(lender, sends.collect(), None, "handing out")
        .await?;
    for owner in owners {
        let opening = ExecuteMsg::Adjust {
            position: None,
            basket: Some(basket(1)),
            withdraw: Vec::new(),
            borrow: Some(Uint128::new(DEBT * UNIT)),
            recipient: None,
        };
        let opening = Execute::new(&*protocol.cdp, &opening).trying("opening")?;
        let opening = opening.with_funds(vec![Coin::new(100 * UNIT, DENOMS[0])]);
        let all = vec![Message::from(opening); EACH];
        net.act(owner, all, None, "opening positions").await?;
    }
    assert_eq!(START, "10");
    protocol.crash_of(&DENOMS[..1]).await?;
    Ok(Place {
        cdp: protocol.cdp.clone(),
        oracle: protocol.oracle.clone(),
        debt: protocol.debt,
    })
}

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How many transactions a keeper has written down, by state.
pub fn states(keeper: &Keeper) -> Vec<(String, u64)> {
    keeper.journal().counts().unwrap()
}

/// A state and how many.
pub fn state(name: &str, count: u64) -> (String, u64) {
    (name.into(), count)
}

/// What a keeper has spent on fees today, in base units.
pub async fn fees(scene: &Scene, keeper: &Keeper) -> u128 {
    let now = scene.net.time().await.unwrap();
    // Dollars at 1e-18, a dollar a million units.
    keeper.journal().spent(now).unwrap().gas / 1_000_000_000_000
}

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "wicker-faults-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::SeqCst)
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A round of a keeper that has seen the block which its last transaction is in.
pub async fn settled(keeper: &mut Keeper) -> Result<Round, KeeperError> {
    for _ in 0..100 {
        let round = keeper.round(false).await?;
        let behind = |why: &String| why.contains("in a newer block");
        if !round.held_back.as_ref().is_some_and(behind) {
            return Ok(round);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    keeper.round(false).await
}
