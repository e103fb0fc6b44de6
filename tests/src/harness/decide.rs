//! Draws what governance and the guardian do.

use rand::Rng;
use wicker_engine::params::{BASKET, MEMBER, PROTOCOL};

use super::draw::Draw;
use super::op::{Amt, Gov, Op, Scope, Stop};
use super::world::{World, BASKETS};

impl Draw {
    /// What governance does next.
    pub(super) fn govern(&mut self, world: &World) -> Op {
        if !world.waiting().is_empty() && self.chance(45) {
            let (who, nth) = (self.user(), self.rng.random_range(0..8));
            return Op::Apply { who, nth };
        }
        let basket = self.rng.random_range(1..=BASKETS);
        let coin = self.one(&Self::members(world, basket));
        let what = match self.rng.random_range(0..100) {
            0..55 => {
                let (scope, names): (_, Vec<&str>) = match self.rng.random_range(0..10) {
                    0 => (
                        Scope::Protocol,
                        PROTOCOL.iter().map(|one| one.name).collect(),
                    ),
                    1..3 => (Scope::Asset(coin), vec!["flow_cap", "flow_burst"]),
                    3..7 => (
                        Scope::Basket(basket),
                        BASKET.iter().map(|one| one.name).collect(),
                    ),
                    _ => (
                        Scope::Member(basket, coin),
                        MEMBER.iter().map(|one| one.name).collect(),
                    ),
                };
                let name = self.one(&names).to_string();
                let parts = self.rng.random_range(9_100..11_000);
                Gov::Change(vec![(scope, name, parts)])
            }
            55..65 => Gov::WindDown {
                basket,
                coin,
                stop: self.chance(30),
            },
            65..68 => Gov::AddMember {
                basket,
                coin: self.rng.random_range(0..5),
            },
            68..80 => Gov::WithdrawReserve {
                basket,
                amount: Amt::Part(self.rng.random_range(1..=1_000)),
            },
            80..88 => Gov::WithdrawBackstop {
                basket,
                amount: Amt::Part(self.rng.random_range(1..300)),
            },
            88..95 => Gov::Skim {
                coin: self.rng.random_range(0..7),
            },
            _ => Gov::Cancel { nth: 0 },
        };
        let who = self.chance(3).then(|| self.user());
        Op::Govern { who, what }
    }

    /// What the guardian does next, or the owner in its place.
    pub(super) fn guard(&mut self, world: &World) -> Op {
        let basket = self.rng.random_range(1..=BASKETS);
        let coin = self.one(&Self::members(world, basket));
        let seconds = self.rng.random_range(60..3_600);
        let what = match self.rng.random_range(0..5) {
            0 => Stop::Borrow { basket, seconds },
            1 => Stop::Member {
                basket,
                coin,
                seconds,
            },
            2 => Stop::Ceiling {
                basket,
                part: self.rng.random_range(500..1_500),
                seconds,
            },
            _ => Stop::Lift {
                basket,
                guardian: self.chance(30),
            },
        };
        let who = self.chance(5).then(|| self.user());
        Op::Guard { who, what }
    }
}
