//! The token module refuses what the real one refuses, one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{coins, Addr, CosmosMsg};
use cw_multi_test::{AppResponse, Executor};
use wicker_cdp::token;
use wicker_lab::chain::{start, Chain};
use wicker_lab::factory::{admin, supply, FEE, PREFIX};
use wicker_math::Amount;
use wicker_msgs::cdp::TokenModule;

struct Rig {
    chain: Chain,
    ann: Addr,
    bob: Addr,
    denom: String,
}

impl Rig {
    /// Ann has created a denom and has nothing left for a second fee.
    fn new() -> Self {
        let (ann, bob) = (addr("ann"), addr("bob"));
        let mut chain = start(vec![(ann.clone(), coins(FEE.0, FEE.1))]).unwrap();
        let message = token::create(&module(), ann.as_str(), "usd");
        chain.execute(ann.clone(), message).unwrap();
        let denom = token::denom_of(ann.as_str(), "usd");
        Self {
            chain,
            ann,
            bob,
            denom,
        }
    }

    fn run(&mut self, sender: &Addr, message: CosmosMsg) -> Result<AppResponse, String> {
        let result = self.chain.execute(sender.clone(), message);
        result.map_err(|error| format!("{error:?}"))
    }

    fn mint(&self, amount: u128, to: &Addr) -> CosmosMsg {
        let (me, amount) = (self.ann.as_str(), Amount::new(amount));
        token::mint(&module(), me, &self.denom, amount, Some(to.as_str()))
    }

    fn held(&self, owner: &Addr) -> u128 {
        let coin = self.chain.wrap().query_balance(owner, &self.denom).unwrap();
        u128::from(cosmwasm_std::Uint128::try_from(coin.amount).unwrap())
    }
}

fn addr(name: &str) -> Addr {
    MockApi::default().addr_make(name)
}

fn module() -> TokenModule {
    TokenModule {
        type_url_prefix: PREFIX.into(),
        direct_mint: false,
    }
}

fn fails(result: Result<AppResponse, String>, with: &str) {
    let error = result.unwrap_err();
    assert!(error.contains(with), "{error}");
}

#[test]
fn the_admin_mints_to_anyone_and_burns_its_own() {
    let mut rig = Rig::new();
    let (ann, bob) = (rig.ann.clone(), rig.bob.clone());
    rig.run(&ann, rig.mint(70, &bob)).unwrap();
    rig.run(&ann, rig.mint(30, &ann)).unwrap();
    let burn = |amount| token::burn(&module(), rig.ann.as_str(), &rig.denom, Amount::new(amount));
    let (most, more) = (burn(30), burn(1));
    rig.run(&ann, most).unwrap();
    fails(rig.run(&ann, more), "");
    assert_eq!((rig.held(&ann), rig.held(&bob)), (0, 70));
    assert_eq!(supply(rig.chain.storage(), &rig.denom), 70);
}

#[test]
fn only_the_admin_mints_burns_and_hands_on() {
    let mut rig = Rig::new();
    let (ann, bob) = (rig.ann.clone(), rig.bob.clone());
    let denom = rig.denom.clone();
    let as_bob = |amount| token::mint(&module(), bob.as_str(), &denom, Amount::new(amount), None);
    fails(rig.run(&bob, as_bob(1)), "is not the admin");
    fails(rig.run(&bob, rig.mint(1, &bob)), "signed by");
    let hand_on = token::change_admin(&module(), ann.as_str(), &denom, bob.as_str());
    rig.run(&ann, hand_on).unwrap();
    assert_eq!(admin(rig.chain.storage(), &denom), Some(bob.to_string()));
    rig.run(&bob, as_bob(1)).unwrap();
    fails(rig.run(&ann, rig.mint(1, &ann)), "is not the admin");
}

#[test]
fn creation_costs_the_fee_and_happens_once() {
    let mut rig = Rig::new();
    let ann = rig.ann.clone();
    let create = |name: &str| token::create(&module(), ann.as_str(), name);
    fails(rig.run(&ann, create("usd")), "exists already");
    fails(rig.run(&ann, create("eur")), "");
    assert_eq!(
        admin(rig.chain.storage(), &token::denom_of(ann.as_str(), "eur")),
        None
    );
    fails(rig.run(&ann, create(&"x".repeat(45))), "is not a subdenom");
    fails(rig.run(&ann, create("a b")), "is not a subdenom");
}

#[test]
fn zero_amounts_foreign_burns_and_other_modules_are_refused() {
    let mut rig = Rig::new();
    let ann = rig.ann.clone();
    fails(rig.run(&ann, rig.mint(0, &ann)), "not a valid coin");
    let other = TokenModule {
        type_url_prefix: "/elsewhere.".into(),
        direct_mint: false,
    };
    let burn = token::burn(&other, ann.as_str(), &rig.denom, Amount::new(1));
    fails(rig.run(&ann, burn), "is not routed");
    let CosmosMsg::Any(mut burn) = token::burn(&module(), ann.as_str(), &rig.denom, Amount::new(1))
    else {
        return;
    };
    let mut bytes = burn.value.to_vec();
    bytes.extend(b"\x1a\x03bob");
    burn.value = bytes.into();
    fails(rig.run(&ann, CosmosMsg::Any(burn)), "burning from bob");
}
