//! A chain in memory: cw-multi-test with a bank, contracts and the token module.

use cosmwasm_std::testing::{MockApi, MockStorage};
use cosmwasm_std::{Addr, Coin, Empty};
use cw_multi_test::{
    App, AppBuilder, BankKeeper, DistributionKeeper, FailingModule, GovFailingModule,
    IbcFailingModule, StakeKeeper, StargateFailing, WasmKeeper,
};

use crate::bank::Bank;
use crate::error::LabError;
use crate::factory::Factory;

/// The chain.
pub type Chain = App<
    Bank,
    MockApi,
    MockStorage,
    FailingModule<Empty, Empty, Empty>,
    WasmKeeper<Empty, Empty>,
    StakeKeeper,
    DistributionKeeper,
    IbcFailingModule,
    GovFailingModule,
    Factory,
>;

type Builder = AppBuilder<
    BankKeeper,
    MockApi,
    MockStorage,
    FailingModule<Empty, Empty, Empty>,
    WasmKeeper<Empty, Empty>,
    StakeKeeper,
    DistributionKeeper,
    IbcFailingModule,
    GovFailingModule,
    StargateFailing,
>;

/// A chain on which these accounts hold these coins.
pub fn start(balances: Vec<(Addr, Vec<Coin>)>) -> Result<Chain, LabError> {
    let mut failed = None;
    let chain = Builder::new()
        .with_bank(Bank::default())
        .with_stargate(Factory)
        .build(|router, _, storage| {
            for (owner, coins) in balances {
                if let Err(error) = router.bank.0.init_balance(storage, &owner, coins) {
                    failed = Some(error.to_string());
                }
            }
        });
    match failed {
        None => Ok(chain),
        Some(why) => Err(LabError::Refused {
            verb: "the first balances".into(),
            why,
        }),
    }
}
