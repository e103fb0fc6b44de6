//! Draws the next step: mostly what can succeed, sometimes what must not.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::op::{Amt, Op};
use super::world::{World, BASKETS, COINS, USERS};

/// A seed's steps.
pub struct Draw {
    pub(super) rng: ChaCha8Rng,
    slot: u16,
    silent: u32,
    drawn: usize,
    /// The market's mood: steps of a fall of one coin.
    falling: Option<u8>,
}

/// A position as the generator sees it.
struct Pick {
    slot: u16,
    owner: u8,
    basket: u32,
    owes: bool,
    coins: Vec<u8>,
}

impl Draw {
    /// Of a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            slot: 0,
            silent: 0,
            drawn: 0,
            falling: None,
        }
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    pub(super) fn user(&mut self) -> u8 {
        self.rng.random_range(0..USERS)
    }

    pub(super) fn one<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.rng.random_range(0..list.len())]
    }

    fn usd(&mut self) -> u64 {
        let digits = self.rng.random_range(0.5..6.7f64);
        10f64.powf(digits) as u64
    }

    /// Of the most: usually a part, sometimes the edge, nothing, dust or far too much.
    fn amount(&mut self) -> Amt {
        match self.rng.random_range(0..100) {
            0..60 => Amt::Part(self.rng.random_range(1..=1_000)),
            60..72 => Amt::Most(0),
            72..78 => Amt::Most(1),
            78..84 => Amt::Most(-1),
            84..86 => Amt::Units(0),
            86..92 => Amt::Units(self.rng.random_range(1..100)),
            92..99 => Amt::Usd(self.usd()),
            _ => Amt::Units(u128::MAX),
        }
    }

    pub(super) fn members(world: &World, basket: u32) -> Vec<u8> {
        let members = &world.view.basket(basket).basket.members;
        let found = members.iter().map(|member| {
            let at = world.denoms.iter().position(|denom| *denom == member.denom);
            u8::try_from(at.unwrap()).unwrap()
        });
        found.collect()
    }

    fn positions(world: &World) -> Vec<Pick> {
        let storage = world.rig.chain.contract_storage(&world.rig.cdp);
        let picks = world.slots.iter().filter_map(|(slot, id)| {
            let account = wicker_cdp::state::account(&*storage, *id).ok()?;
            let owner = world.users.iter().position(|user| *user == account.owner)?;
            let members = Self::members(world, account.basket);
            let held = account.position.collateral.iter();
            Some(Pick {
                slot: *slot,
                owner: u8::try_from(owner).unwrap(),
                basket: account.basket,
                owes: !account.position.shares.is_zero(),
                coins: held.map(|(leg, _)| members[usize::from(*leg)]).collect(),
            })
        });
        picks.collect()
    }

    /// The next step.
    pub fn next(&mut self, world: &mut World) -> Op {
        self.drawn += 1;
        match self.drawn {
            1 => return self.open(world, Some((0, 1, 0, 80_000_000))),
            2 => return self.open(world, Some((0, 5, 1, 80_000_000))),
            3 | 4 => {
                let (slot, amount) = (self.drawn as u16 - 2, Amt::Part(400));
                return Op::Borrow {
                    slot,
                    who: 0,
                    amount,
                    to: 0,
                };
            }
            5..19 => {
                let (who, coin) = (0, self.one(&[5, 6]));
                return Op::Send {
                    who,
                    coin,
                    amount: Amt::Part(120),
                    to: Some(1 + (self.drawn as u8 % 7)),
                };
            }
            _ => {}
        }
        let picks = Self::positions(world);
        if picks.len() < 4 {
            return self.open(world, None);
        }
        let at = self.rng.random_range(0..picks.len());
        let pick = &picks[at];
        let who = if self.chance(96) {
            pick.owner
        } else {
            self.user()
        };
        let to = if self.chance(85) { who } else { self.user() };
        let slot = pick.slot;
        match self.rng.random_range(0..1_000) {
            0..210 => self.tick(),
            210..280 => match picks.len() < 40 {
                true => self.open(world, None),
                false => Op::Close {
                    slot,
                    who,
                    amount: Amt::Most(0),
                    to,
                },
            },
            280..360 => {
                let who = if self.chance(80) { who } else { self.user() };
                let coin = match pick.coins.is_empty() || self.chance(20) {
                    true => self.one(&Self::members(world, pick.basket)),
                    false => self.one(&pick.coins),
                };
                let amount = Amt::Usd(self.usd());
                let amount = if self.chance(90) {
                    amount
                } else {
                    self.amount()
                };
                Op::Deposit {
                    slot,
                    who,
                    coin,
                    amount,
                }
            }
            360..460 => {
                let coin = match pick.coins.is_empty() || self.chance(4) {
                    true => self.rng.random_range(0..7),
                    false => self.one(&pick.coins),
                };
                let amount = (!self.chance(8)).then(|| self.amount());
                Op::Withdraw {
                    slot,
                    who,
                    coin,
                    amount,
                    to,
                }
            }
            460..590 => Op::Borrow {
                slot,
                who,
                amount: self.amount(),
                to,
            },
            590..680 => {
                let owing: Vec<u16> = picks.iter().filter(|p| p.owes).map(|p| p.slot).collect();
                let slot = if owing.is_empty() {
                    slot
                } else {
                    self.one(&owing)
                };
                let who = if self.chance(70) { who } else { self.user() };
                let amount = self.amount();
                Op::Repay { slot, who, amount }
            }
            680..700 => Op::Close {
                slot,
                who,
                amount: Amt::Most(self.one(&[0, 0, 0, 5, -1])),
                to,
            },
            700..770 => self.adjust(world, pick, who, to),
            770..785 => Op::Recalibrate {
                who,
                basket: self.rng.random_range(1..=BASKETS),
            },
            785..805 => Op::Call {
                who,
                slots: picks.iter().map(|p| p.slot).take(5).collect(),
            },
            805..900 => self.liquidate(world, &picks, to),
            900..915 => {
                let short: Vec<u32> = (1..=BASKETS)
                    .filter(|id| world.view.deficit(*id) > 0)
                    .collect();
                let basket = match short.is_empty() {
                    true => self.rng.random_range(1..=BASKETS),
                    false => self.one(&short),
                };
                match short.is_empty() && !self.chance(10) {
                    true => Op::Fund {
                        who: self.user(),
                        basket,
                        amount: Amt::Part(self.rng.random_range(1..50)),
                    },
                    false => Op::Cover {
                        who: self.user(),
                        basket,
                        amount: Amt::Most(self.one(&[0, 7, -1])),
                    },
                }
            }
            915..930 => {
                let claims = world.rig.chain.contract_storage(&world.rig.cdp);
                let claims = wicker_cdp::state::claimants(&*claims).unwrap();
                let waits = claims.first().map(|(payee, _)| payee.clone());
                let who = world
                    .users
                    .iter()
                    .position(|user| Some(user.to_string()) == waits);
                match who {
                    Some(who) => Op::Claim {
                        who: who as u8,
                        to: self.user(),
                    },
                    None => self.refuse(world),
                }
            }
            930..970 => self.govern(world),
            970..980 => self.guard(world),
            980..986 => self.refuse(world),
            986..988 => Op::Migrate,
            988..990 => Op::Pages {
                limit: self.one(&[1, 1, 2, 3, 7, 50, 1_000]),
            },
            990..996 => Op::Ask { slot },
            _ => Op::Send {
                who: self.user(),
                coin: self.rng.random_range(0..7),
                amount: Amt::Part(self.rng.random_range(0..100)),
                to: if self.chance(30) {
                    None
                } else {
                    Some(self.user())
                },
            },
        }
    }

    fn refuse(&mut self, world: &World) -> Op {
        let refusing = (0..USERS).find(|who| world.refuses(*who));
        match refusing {
            Some(who) => Op::Refuse { who, on: false },
            None => Op::Refuse {
                who: self.user(),
                on: true,
            },
        }
    }

    fn open(&mut self, world: &World, fixed: Option<(u8, u32, u8, u64)>) -> Op {
        self.slot += 1;
        let (who, basket) = (self.user(), self.rng.random_range(1..=BASKETS));
        let coin = self.one(&Self::members(world, basket));
        let (who, basket, coin, usd) = fixed.unwrap_or((who, basket, coin, self.usd() * 10));
        Op::Open {
            slot: self.slot,
            who,
            basket,
            coin,
            amount: Amt::Usd(usd),
        }
    }

    fn adjust(&mut self, world: &World, pick: &Pick, who: u8, to: u8) -> Op {
        let debt = world.debt_coin(pick.basket);
        if self.chance(30) {
            self.slot += 1;
            let coins = Self::members(world, pick.basket);
            let (coin, usd) = (self.one(&coins), self.usd());
            return Op::Adjust {
                slot: self.slot,
                open: Some(pick.basket),
                who,
                bring: vec![(coin, Amt::Usd(usd * 3))],
                take: vec![],
                borrow: Some(Amt::Units(match debt {
                    5 => u128::from(usd) * 1_000_000,
                    _ => u128::from(usd) * 500_000_000_000_000,
                })),
                to,
            };
        }
        let (mut bring, mut take, mut borrow) = (vec![], vec![], None);
        if pick.owes && self.chance(50) {
            bring.push((debt, Amt::Part(self.rng.random_range(1..900))));
        } else if self.chance(50) {
            borrow = Some(Amt::Part(self.rng.random_range(1..600)));
        }
        let mut coins = pick.coins.clone();
        if !coins.is_empty() && self.chance(60) {
            let at = self.rng.random_range(0..coins.len());
            take.push((
                coins.remove(at),
                Some(Amt::Part(self.rng.random_range(1..500))),
            ));
        }
        if !coins.is_empty() && self.chance(60) {
            bring.push((self.one(&coins), Amt::Usd(self.usd())));
        }
        Op::Adjust {
            slot: pick.slot,
            open: None,
            who,
            bring,
            take,
            borrow,
            to,
        }
    }

    fn liquidate(&mut self, world: &mut World, picks: &[Pick], to: u8) -> Op {
        let ids: Vec<u64> = picks.iter().map(|pick| world.id(pick.slot)).collect();
        let stands = &world.look().stands;
        let under = |id: &u64| stands.get(id).is_some_and(|stand| stand.room(1.0) < 0.0);
        let due = picks.iter().zip(&ids).filter(|(_, id)| under(id));
        let due: Vec<u16> = due.map(|(pick, _)| pick.slot).collect();
        let who = if self.chance(60) { 0 } else { self.user() };
        if due.is_empty() {
            if self.chance(70) {
                return self.tick();
            }
            // Rather one that is called: the closest to being due, and not due.
            let called = |id: &u64| stands.get(id).is_some_and(|stand| stand.room(1.15) < 0.0);
            let called = picks.iter().zip(&ids).filter(|(_, id)| called(id));
            let called: Vec<u16> = called.map(|(pick, _)| pick.slot).collect();
            let slot = match called.is_empty() {
                true => picks[self.rng.random_range(0..picks.len())].slot,
                false => self.one(&called),
            };
            let amount = Amt::Most(0);
            return Op::Liquidate {
                slot,
                who,
                amount,
                to,
            };
        }
        if due.len() > 1 && self.chance(30) {
            let mut slots: Vec<u16> = due.iter().copied().take(4).collect();
            slots.push(if self.chance(50) {
                picks[0].slot
            } else {
                slots[0]
            });
            let most = self.chance(40).then(|| self.rng.random_range(1..600));
            return Op::LiquidateMany {
                slots,
                who,
                amount: Amt::Part(self.rng.random_range(1..=1_000)),
                most,
                to,
            };
        }
        let amount = match self.rng.random_range(0..4) {
            0 => Amt::Part(self.rng.random_range(1..1_000)),
            1 => Amt::Most(100),
            _ => Amt::Most(0),
        };
        Op::Liquidate {
            slot: self.one(&due),
            who,
            amount,
            to,
        }
    }

    fn tick(&mut self) -> Op {
        let seconds = match self.rng.random_range(0..1_000) {
            0..100 => 0,
            100..500 => self.rng.random_range(1..60),
            500..700 => self.rng.random_range(60..600),
            700..860 => self.rng.random_range(600..7_200),
            860..970 => self.rng.random_range(7_200..30_000),
            970..995 => self.rng.random_range(86_000..400_000),
            _ => 31_557_600,
        };
        let mut moves = Vec::new();
        for coin in 0..COINS.len() as u8 {
            let parts = match self.rng.random_range(0..100) {
                0..3 => self.rng.random_range(4_000..16_000),
                3..60 => self.rng.random_range(9_900..10_102),
                _ => continue,
            };
            let calm = coin == 5;
            moves.push((
                coin,
                if calm {
                    10_000 + parts / 1_000 - 10
                } else {
                    parts
                },
            ));
        }
        let mood = (self.falling, self.chance(3), self.chance(4));
        match mood {
            (Some(coin), ..) => {
                moves.retain(|(one, _)| *one != coin);
                moves.push((coin, self.rng.random_range(5_500..9_500)));
                self.falling = Some(coin).filter(|_| self.rng.random_range(0..100) < 80);
            }
            (None, true, _) => self.falling = Some(self.rng.random_range(0..5)),
            (None, _, true) => moves.push((self.rng.random_range(0..5), 20_000)),
            _ => {}
        }
        self.silent = match self.rng.random_range(0..100) {
            0..3 => self.silent | 1 << self.rng.random_range(0..7),
            3..40 => 0,
            _ => self.silent,
        };
        Op::Tick {
            seconds,
            moves,
            silent: self.silent,
        }
    }
}
