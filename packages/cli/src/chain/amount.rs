//! Amounts, durations and parameters as people write them. Amounts are whole base units: a decimal point would need a guess at the
//! token's decimals, and a wrong guess is a million times too much.

use std::str::FromStr;

use cosmwasm_std::{Coin, Decimal256, Uint128};
use wicker_msgs::cdp::{ParameterChange, Target, Withdrawal};

/// Base units, with `_` between digits where wanted: `1_000_000`.
pub fn units(text: &str) -> Result<Uint128, String> {
    let wrong = |why: &str| Err(format!("{text:?} is no amount: {why}"));
    if text.contains(['.', ',']) {
        return wrong("write whole base units; 1.5 tokens of 6 decimals are 1_500_000");
    }
    if text.starts_with('_') || text.ends_with('_') || text.contains("__") {
        return wrong("`_` goes between digits");
    }
    let digits = text.replace('_', "");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return wrong("write digits, such as 1_500_000");
    }
    match digits.parse::<u128>() {
        Ok(0) => wrong("it is nothing"),
        Ok(units) => Ok(Uint128::new(units)),
        Err(_) => wrong("it is beyond 128 bits"),
    }
}

/// An amount of a denom, such as `1_500_000uatom`.
pub fn coin(text: &str) -> Result<Coin, String> {
    let at = text.find(|letter: char| !letter.is_ascii_digit() && !"_.,".contains(letter));
    let Some((amount, denom)) = at.and_then(|at| text.split_at_checked(at)) else {
        return Err(format!(
            "{text:?} names no denom: write it as in 1_500_000uatom"
        ));
    };
    if amount.is_empty() {
        return Err(format!(
            "{text:?} names no amount: write it as in 1_500_000uatom"
        ));
    }
    Ok(Coin::new(units(amount)?, self::denom(denom)?))
}

/// What to take out: an amount of a denom, or a denom alone for all of it.
pub fn withdrawal(text: &str) -> Result<Withdrawal, String> {
    if text.starts_with(|letter: char| letter.is_ascii_digit()) {
        let coin = coin(text)?;
        let amount = Uint128::try_from(coin.amount).map_err(|why| why.to_string())?;
        return Ok(Withdrawal {
            denom: coin.denom,
            amount: Some(amount),
        });
    }
    Ok(Withdrawal {
        denom: denom(text)?,
        amount: None,
    })
}

/// The chain's rule for denoms.
fn denom(text: &str) -> Result<String, String> {
    let good = |letter: char| letter.is_ascii_alphanumeric() || "/:._-".contains(letter);
    let long = (3..=128).contains(&text.len());
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic());
    match long && begins && text.chars().all(good) {
        true => Ok(text.into()),
        false => Err(format!("{text:?} is no denom")),
    }
}

/// Seconds: `90s`, `30m`, `6h`, `2d`.
pub fn duration(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no duration: write it as in 30m, 6h or 2d");
    let (digits, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

/// A parameter's new value: `protocol.delay=172800`, `basket:1.multiplier=24`, `asset:uatom.flow_cap=50000`,
/// `member:1:uatom.jump=0.1`. What it must be now may follow: `basket:1.multiplier=24?22`.
pub fn change(text: &str) -> Result<ParameterChange, String> {
    let wrong = |why: &str| {
        format!("{text:?} is no change: {why}; write it as in basket:1.multiplier=24 or member:1:uatom.jump=0.1")
    };
    let (place, value) = text.split_once('=').ok_or_else(|| wrong("no ="))?;
    let (target, name) = place
        .rsplit_once('.')
        .ok_or_else(|| wrong("no . before the name"))?;
    let (value, expected) = match value.split_once('?') {
        Some((value, expected)) => (value, Some(expected)),
        None => (value, None),
    };
    let number = |text: &str| {
        Decimal256::from_str(text).map_err(|_| wrong(&format!("{text:?} is no number")))
    };
    Ok(ParameterChange {
        target: self::target(target).ok_or_else(|| wrong("it begins with no target"))?,
        name: name.into(),
        value: number(value)?,
        expected: expected.map(number).transpose()?,
    })
}

fn target(text: &str) -> Option<Target> {
    let basket = |text: &str| text.parse::<u32>().ok();
    Some(match text.split_once(':') {
        None if text == "protocol" => Target::Protocol {},
        Some(("asset", denom)) => Target::Asset {
            denom: self::denom(denom).ok()?,
        },
        Some(("basket", id)) => Target::Basket {
            basket: basket(id)?,
        },
        Some(("member", rest)) => {
            let (id, denom) = rest.split_once(':')?;
            Target::Member {
                basket: basket(id)?,
                denom: self::denom(denom).ok()?,
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_whole_base_units_and_nothing_else() {
        assert_eq!(units("1_500_000"), Ok(Uint128::new(1_500_000)));
        let most = "340282366920938463463374607431768211455";
        assert_eq!(units(most), Ok(Uint128::MAX));
        for wrong in [
            "",
            "0",
            "1.5",
            "1,5",
            "-1",
            "+1",
            "1e6",
            "0x10",
            "_1",
            "1_",
            "1__0",
            " 1",
            "ten",
            "340282366920938463463374607431768211456",
        ] {
            assert!(units(wrong).is_err(), "{wrong:?}");
        }
        assert!(units("1.5").unwrap_err().contains("1_500_000"));
    }

    #[test]
    fn a_coin_is_an_amount_and_a_denom() {
        assert_eq!(coin("1_000uatom"), Ok(Coin::new(1_000u128, "uatom")));
        let factory = "5factory/wasm1abc/usdw";
        assert_eq!(coin(factory), Ok(Coin::new(5u128, "factory/wasm1abc/usdw")));
        for wrong in [
            "uatom",
            "5",
            "5 uatom",
            "5u",
            "1.5uatom",
            "5uatom,6uosmo",
            "0uatom",
        ] {
            assert!(coin(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_withdrawn_is_an_amount_or_all() {
        assert_eq!(withdrawal("uatom").unwrap().amount, None);
        let some = withdrawal("7uatom").unwrap();
        assert_eq!(
            (some.denom.as_str(), some.amount),
            ("uatom", Some(Uint128::new(7)))
        );
        assert!(withdrawal("7").is_err() && withdrawal("").is_err());
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("90s"), Ok(90));
        assert_eq!(duration("30m"), Ok(1_800));
        assert_eq!(duration("6h"), Ok(21_600));
        assert_eq!(duration("2d"), Ok(172_800));
        for wrong in [
            "",
            "6",
            "h",
            "-1h",
            "1.5h",
            "6 h",
            "1w",
            "99999999999999999999d",
            "ü",
        ] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_change_names_its_target_and_what_it_must_be_now() {
        let read = change("member:1:factory/a/b.jump=0.1?0.05").unwrap();
        assert_eq!(
            read.target,
            Target::Member {
                basket: 1,
                denom: "factory/a/b".into()
            }
        );
        assert_eq!(read.name, "jump");
        assert_eq!(read.value, Decimal256::percent(10));
        assert_eq!(read.expected, Some(Decimal256::percent(5)));
        assert_eq!(
            change("protocol.delay=5").unwrap().target,
            Target::Protocol {}
        );
        for wrong in [
            "",
            "basket:1",
            "basket:x.a=1",
            "basket.a=1",
            "basket:1.a=",
            "pool:1.a=1",
            "protocol.a=-1",
        ] {
            assert!(change(wrong).is_err(), "{wrong:?}");
        }
    }
}
