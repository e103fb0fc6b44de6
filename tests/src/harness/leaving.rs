//! I-24: at the end of a sequence everybody leaves.

use cosmwasm_std::coin;
use wicker_cdp::state;
use wicker_lab::bank::unblock;
use wicker_msgs::cdp::{BasketResponse, ExecuteMsg, GovernMsg, QueryMsg};

use super::view::View;
use super::world::{World, BASKETS, USERS};
use crate::rig::addr;

impl World {
    /// I-24: everyone repays and takes everything out, long after the last price.
    pub fn everyone_leaves(&mut self) -> Result<(), Vec<String>> {
        for who in 0..USERS {
            let user = self.user(who);
            unblock(self.rig.chain.storage_mut(), &user);
            let _ = self
                .rig
                .run(&user, &ExecuteMsg::Claim { recipient: None }, &[]);
        }
        self.rig.pass(100 * 86_400);
        let mut broken = Vec::new();
        let ids = View::of(&self.rig)
            .snapshot
            .baskets
            .into_iter()
            .flat_map(|view| view.positions);
        for (id, _) in ids {
            let storage = self.rig.chain.contract_storage(&self.rig.cdp);
            let account = state::account(&*storage, id).unwrap();
            drop(storage);
            let debt = self.rig.snapshot().baskets[account.basket as usize - 1]
                .basket
                .debt
                .clone();
            (1..=BASKETS).for_each(|basket| self.mint_reserve(basket));
            let owed = self.owed(id);
            let funds = if owed == 0 {
                vec![]
            } else {
                vec![coin(owed, &debt)]
            };
            if owed > 0 {
                self.rig.give(&account.owner, owed, &debt);
            }
            let close = ExecuteMsg::Close {
                position: id,
                recipient: None,
            };
            if let Err(why) = self.rig.run(&account.owner, &close, &funds) {
                broken.push(format!(
                    "I-24: position {id} of {} cannot leave: {why}",
                    account.basket
                ));
            }
        }
        broken.extend(self.rig.broken());
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken)
        }
    }

    /// Fees, and what rounding leaves, are owed and not minted: without them the last who repays could not find the coins.
    fn mint_reserve(&mut self, basket: u32) {
        let ask = QueryMsg::Basket { basket };
        let found: BasketResponse = self.rig.ask(&ask);
        if !found.reserve.is_zero() {
            let take = GovernMsg::WithdrawReserve {
                basket,
                amount: found.reserve,
                recipient: addr("treasury").to_string(),
            };
            // Refused at the ceiling of the denom; repaying makes room.
            let _ = self.rig.govern(take);
        }
    }
}
