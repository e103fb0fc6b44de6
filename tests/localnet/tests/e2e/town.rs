//! Twenty users with ten positions each, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Coin, Decimal256, Uint128};
use wicker_client::{Execute, Message, Signer};
use wicker_engine::health::Level;
use wicker_localnet::{
    deployment::{adjusted, Deployment},
    error::{Error, Trying},
    feeders::Prices,
    mirror::Mirror,
    settings::UNIT,
};
use wicker_msgs::{
    cdp::{DeficitsResponse, ExecuteMsg, PositionsResponse, QueryMsg, MAX_PAGE},
    events::Funded,
};

use crate::decisions::{debt_coin, totals};

/// A basket's name and its collaterals. Their numbers are 1 and 2.
pub const MAJORS: (&str, &[&str]) = ("majors", &["ubtc", "ueth", "uatom", "uosmo"]);
/// The one that will not come back.
pub const SHAKY: (&str, &[&str]) = ("shaky", &["ustars", "ujuno"]);
const USERS: usize = 20;
/// Positions of each user in all, and of these in [`MAJORS`].
const EACH: usize = 10;
const IN_MAJORS: usize = 7;

/// A position that somebody wants.
struct Wish {
    basket: u32,
    coins: Vec<Coin>,
    debt: u128,
}

/// Every user opens ten positions in one transaction and sells nine tenths of what was borrowed to the keeper.
pub async fn opens(deployment: &Deployment<'_>, prices: &Prices) -> Result<(), Error> {
    let users = deployment.net.accounts("user");
    assert_eq!(users.len(), USERS);
    let keeper = deployment.net.account("keeper")?;
    let (mut ids, mut borrowed) = (BTreeSet::new(), 0);
    for (number, user) in users.iter().enumerate() {
        let wishes: Vec<Wish> = (0..EACH).map(|at| wish(number, at, prices)).collect();
        let wanted: u128 = wishes.iter().map(|wish| wish.debt).sum();
        let done = open(deployment, user, &wishes).await?;
        assert_eq!(done.len(), EACH);
        ids.extend(done);
        borrowed += wanted;
        let held = deployment
            .net
            .chain
            .balance(user.address(), &deployment.debt);
        assert_eq!(held.await.trying("a balance")?.u128(), wanted);
        let sale = Message::Send {
            to: keeper.address().into(),
            coins: debt_coin(deployment, wanted * 9 / 10),
        };
        deployment
            .net
            .act(user, vec![sale], None, "selling")
            .await?;
    }
    assert_eq!(ids.len(), USERS * EACH);
    let supply = deployment.net.chain.supply(&deployment.debt).await;
    assert_eq!(supply.trying("the supply")?.u128(), borrowed);
    for user in users {
        let page: PositionsResponse = deployment
            .ask(&QueryMsg::Positions {
                owner: Some(user.address().into()),
                basket: None,
                start_after: None,
                limit: Some(MAX_PAGE),
            })
            .await?;
        assert_eq!(page.positions.len(), EACH);
        assert!(page.positions.iter().all(|one| ids.contains(&one.position)));
    }
    Ok(())
}

async fn open(
    deployment: &Deployment<'_>,
    user: &Signer,
    wishes: &[Wish],
) -> Result<Vec<u64>, Error> {
    let messages = wishes.iter().map(|wish| {
        let msg = ExecuteMsg::Adjust {
            position: None,
            basket: Some(wish.basket),
            withdraw: Vec::new(),
            borrow: Some(Uint128::new(wish.debt)),
            recipient: None,
        };
        let message = Execute::new(&*deployment.cdp, &msg);
        message.map(|message| Message::from(message.with_funds(wish.coins.clone())))
    });
    let messages = messages.collect::<Result<_, _>>().trying("opening")?;
    let done = deployment.net.act(user, messages, None, "opening").await?;
    let opened = adjusted(&done)?.into_iter();
    Ok(opened.map(|event| event.position).collect())
}

/// One or two collaterals of ten to thirty thousand dollars, and a fifth to three fifths of that in debt; less in the shaky basket.
fn wish(user: usize, at: usize, prices: &Prices) -> Wish {
    let (basket, members, most) = match at < IN_MAJORS {
        true => (1, MAJORS.1, 38),
        false => (2, SHAKY.1, 18),
    };
    let worth = 10_000 * (1 + (user + at) % 3) as u64;
    let first = members[(user + at) % members.len()];
    let second = members[(user + at + 1) % members.len()];
    let denoms: BTreeSet<&str> = match at % 2 {
        0 => [first, second].into(),
        _ => [first].into(),
    };
    let share = worth / denoms.len() as u64;
    let coins = denoms.iter().map(|denom| {
        let (_, price) = prices.iter().find(|(name, _)| name == denom).unwrap();
        let units = Decimal256::from_ratio(u128::from(share) * UNIT, 1u128) / *price;
        Coin::new(units.to_uint_floor(), *denom)
    });
    let tenths = 200 + 10 * ((user * 7 + at * 11) % most) as u128;
    Wish {
        basket,
        coins: coins.collect(),
        debt: u128::from(worth) * UNIT * tenths / 1_000,
    }
}

/// Who lost in the shaky basket left a deficit there: nobody borrows there, everybody in the other one, and who covers it makes it smaller.
pub async fn loss_stays_in_its_basket(deployment: &Deployment<'_>) -> Result<(), Error> {
    let before = deficits(deployment).await?;
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        [&2],
        "only the shaky basket lost"
    );
    // The older prices that borrowing counts too are the same by then.
    let healthy = healthy(deployment).await?;
    for (basket, (position, owner)) in &healthy {
        let msg = ExecuteMsg::Borrow {
            position: *position,
            amount: Uint128::new(UNIT),
            recipient: None,
        };
        let owner = deployment.net.signer(owner)?;
        match basket {
            1 => {
                deployment.tell(owner, &msg, Vec::new()).await?;
            }
            _ => {
                let why = deployment.refusal(owner, &msg, Vec::new()).await?;
                assert!(why.contains("deficit"), "{why}");
            }
        }
    }
    assert_eq!(healthy.len(), 2, "each basket has a healthy position");
    let (supply, part) = (totals(deployment).await?.supply, before[&2] / 2);
    let keeper = deployment.net.account("keeper")?;
    let cover = ExecuteMsg::CoverDeficit { basket: 2 };
    let coins = debt_coin(deployment, part);
    let done = deployment.tell(keeper, &cover, coins).await?;
    let funded = done.events.iter().find_map(Funded::read).unwrap().unwrap();
    assert_eq!(funded.covered.u128(), part);
    // Interest that borrowers there owe goes on to make it smaller.
    let left = deficits(deployment).await?[&2];
    let earned = (before[&2] - part).checked_sub(left).unwrap();
    assert!(earned < UNIT, "{earned} earned within a minute");
    let left = totals(deployment).await?.supply;
    assert_eq!(left.u128(), supply.u128() - part);
    Ok(())
}

async fn deficits(deployment: &Deployment<'_>) -> Result<BTreeMap<u32, u128>, Error> {
    let question = QueryMsg::Deficits {
        start_after: None,
        limit: None,
    };
    let answer: DeficitsResponse = deployment.ask(&question).await?;
    let deficits = answer.deficits.iter();
    Ok(deficits.map(|it| (it.basket, it.amount.u128())).collect())
}

/// Of each basket, the position that owes with the highest margin ratio, and its owner.
async fn healthy(deployment: &Deployment<'_>) -> Result<BTreeMap<u32, (u64, String)>, Error> {
    let mirror = Mirror::take(deployment).await?;
    let accounts = mirror.accounts()?;
    let mut best = BTreeMap::new();
    for basket in mirror.baskets()? {
        let standings = mirror.standings(basket)?.into_iter();
        let healthy = standings.filter(|standing| standing.level == Level::Healthy);
        if let Some(standing) = healthy.max_by_key(|standing| standing.ratio) {
            let owner = accounts[&standing.position].owner.to_string();
            best.insert(basket, (standing.position, owner));
        }
    }
    Ok(best)
}

/// An owner repays everything and receives every unit of collateral.
pub async fn survivor_leaves_with_everything(deployment: &Deployment<'_>) -> Result<(), Error> {
    let (position, owner) = healthy(deployment).await?.remove(&1).unwrap();
    let mirror = Mirror::take(deployment).await?;
    let standings = mirror.standings(1)?;
    let debt = standings
        .iter()
        .find(|it| it.position == position)
        .unwrap()
        .debt;
    let owner = deployment.net.signer(&owner)?;
    let held = holdings(deployment, &mirror, position, owner).await?;
    // Enough for the interest until the message is in a block; the rest returns.
    let gift = Message::Send {
        to: owner.address().into(),
        coins: debt_coin(deployment, debt + UNIT),
    };
    let keeper = deployment.net.account("keeper")?;
    deployment
        .net
        .act(keeper, vec![gift], None, "lending")
        .await?;
    let close = ExecuteMsg::Close {
        position,
        recipient: None,
    };
    let coins = debt_coin(deployment, debt + UNIT);
    deployment.tell(owner, &close, coins).await?;
    let mirror = Mirror::take(deployment).await?;
    assert!(!mirror.accounts()?.contains_key(&position));
    for (denom, expected) in held {
        let now = deployment.net.chain.balance(owner.address(), &denom).await;
        assert_eq!(now.trying("a balance")?.u128(), expected, "{denom}");
    }
    Ok(())
}

/// What an owner of a position will have of each of its collaterals once it is closed.
async fn holdings(
    deployment: &Deployment<'_>,
    mirror: &Mirror,
    position: u64,
    owner: &Signer,
) -> Result<BTreeMap<String, u128>, Error> {
    let account = &mirror.accounts()?[&position];
    let mut held = BTreeMap::new();
    for (leg, amount) in &account.position.collateral {
        let denom = MAJORS.1[usize::from(*leg)];
        let own = deployment.net.chain.balance(owner.address(), denom).await;
        held.insert(
            denom.to_string(),
            own.trying("a balance")?.u128() + amount.raw(),
        );
    }
    Ok(held)
}
