//! The messages of what owners do with positions.

use cosmwasm_std::{Coin, Uint128};
use wicker_msgs::cdp::{ExecuteMsg, QueryMsg, Withdrawal};

use super::act::Act;
use super::message::Sent;
use super::op::{Amt, Op};
use super::world::World;

/// What is brought and taken, coin by coin, and borrowed.
type Mix<'a> = (&'a [(u8, Amt)], &'a [(u8, Option<Amt>)], Option<Amt>);

/// A position, who acts on it and who receives.
#[derive(Clone, Copy)]
struct Place {
    id: u64,
    basket: u32,
    who: u8,
    to: u8,
}

impl World {
    /// The message of an owner's step; nothing for any other.
    pub(super) fn verb(&self, op: &Op) -> Option<Sent> {
        let place = |slot: u16, who: u8, to: u8| {
            let id = self.id(slot);
            let basket = self.basket_of(id);
            Place {
                id,
                basket,
                who,
                to,
            }
        };
        Some(match *op {
            Op::Open {
                who,
                basket,
                coin,
                amount,
                ..
            } => self.deposit((None, basket), who, (coin, amount)),
            Op::Deposit {
                slot,
                who,
                coin,
                amount,
            } => {
                let Place { id, basket, .. } = place(slot, who, who);
                self.deposit((Some(id), basket), who, (coin, amount))
            }
            Op::Withdraw {
                slot,
                who,
                coin,
                amount,
                to,
            } => self.withdraw(place(slot, who, to), (coin, amount)),
            Op::Borrow {
                slot,
                who,
                amount,
                to,
            } => self.borrow(place(slot, who, to), amount),
            Op::Repay { slot, who, amount } => self.repay(place(slot, who, who), amount),
            Op::Close {
                slot,
                who,
                amount,
                to,
            } => self.close(place(slot, who, to), amount),
            Op::Adjust {
                slot,
                open,
                who,
                ref bring,
                ref take,
                borrow,
                to,
            } => {
                let mut place = place(slot, who, to);
                place.basket = open.unwrap_or(place.basket);
                self.mixed(place, open, (bring, take, borrow))
            }
            _ => return None,
        })
    }

    fn deposit(&self, (id, basket): (Option<u64>, u32), who: u8, coin: (u8, Amt)) -> Sent {
        let msg = ExecuteMsg::Deposit {
            position: id,
            basket: id.is_none().then_some(basket),
        };
        let act = Act::adjust(id, basket, who, who);
        (self.user(who), msg, self.of_wallet(who, coin), act)
    }

    fn withdraw(&self, place: Place, (coin, amount): (u8, Option<Amt>)) -> Sent {
        let Place { id, who, to, .. } = place;
        let denom = self.denoms[usize::from(coin)].clone();
        let mut act = place.act();
        let amount = amount.map(|amount| {
            let found = self.resolve(amount, coin, |world| world.most_taken(id, &denom));
            act.edge(amount, found);
            found
        });
        act.takes = vec![(denom.clone(), amount)];
        let msg = ExecuteMsg::Withdraw {
            position: id,
            denom,
            amount: amount.map(Uint128::new),
            recipient: self.recipient(who, to),
        };
        (self.user(who), msg, vec![], act)
    }

    fn borrow(&self, place: Place, amount: Amt) -> Sent {
        let Place { id, who, to, .. } = place;
        let coin = self.debt_coin(place.basket);
        let found = self.resolve(amount, coin, |world| world.most_lent(id));
        let mut act = place.act();
        act.edge(amount, found);
        act.borrows = found;
        let msg = ExecuteMsg::Borrow {
            position: id,
            amount: Uint128::new(found),
            recipient: self.recipient(who, to),
        };
        (self.user(who), msg, vec![], act)
    }

    fn repay(&self, place: Place, amount: Amt) -> Sent {
        let funds = self.of_debt(place, amount);
        let msg = ExecuteMsg::Repay { position: place.id };
        (self.user(place.who), msg, funds, place.act())
    }

    fn close(&self, place: Place, amount: Amt) -> Sent {
        let mut funds = self.of_debt(place, amount);
        funds.retain(|coin| !coin.amount.is_zero());
        let mut act = place.act();
        act.closes = true;
        let msg = ExecuteMsg::Close {
            position: place.id,
            recipient: self.recipient(place.who, place.to),
        };
        (self.user(place.who), msg, funds, act)
    }

    fn mixed(&self, place: Place, open: Option<u32>, (bring, take, borrow): Mix<'_>) -> Sent {
        let Place { id, who, to, .. } = place;
        let debt = self.debt_coin(place.basket);
        let funds = bring.iter().flat_map(|(coin, amount)| match *coin == debt {
            true => self.of_debt(place, *amount),
            false => self.of_wallet(who, (*coin, *amount)),
        });
        let mut funds: Vec<Coin> = funds.collect();
        funds.sort_by(|one, other| one.denom.cmp(&other.denom));
        let mut act = Act::adjust(open.is_none().then_some(id), place.basket, who, to);
        let takes = take.iter().map(|(coin, amount)| {
            let denom = self.denoms[usize::from(*coin)].clone();
            let most = |world: &Self| world.most_taken(id, &denom);
            let amount = amount.map(|amount| self.resolve(amount, *coin, most));
            (denom, amount)
        });
        act.takes = takes.collect();
        let withdraw = act.takes.iter().map(|(denom, amount)| Withdrawal {
            denom: denom.clone(),
            amount: amount.map(Uint128::new),
        });
        let withdraw = withdraw.collect();
        let borrow = borrow.map(|amount| self.resolve(amount, debt, |world| world.most_lent(id)));
        let borrow = borrow.filter(|units| *units > 0);
        act.borrows = borrow.unwrap_or(0);
        let msg = ExecuteMsg::Adjust {
            position: open.is_none().then_some(id),
            basket: open,
            withdraw,
            borrow: borrow.map(Uint128::new),
            recipient: self.recipient(who, to),
        };
        (self.user(who), msg, funds, act)
    }

    fn most_lent(&self, position: u64) -> u128 {
        self.most(&QueryMsg::MaxBorrow { position })
    }

    fn most_taken(&self, position: u64, denom: &str) -> u128 {
        let denom = denom.to_string();
        self.most(&QueryMsg::MaxWithdraw { position, denom })
    }

    /// Coins for a position's debt; the most is all of it.
    fn of_debt(&self, place: Place, amount: Amt) -> Vec<Coin> {
        let coin = self.debt_coin(place.basket);
        self.brought(
            coin,
            self.resolve(amount, coin, |world| world.owed(place.id)),
        )
    }
}

impl Place {
    fn act(&self) -> Act {
        Act::adjust(Some(self.id), self.basket, self.who, self.to)
    }
}
