//! Who governs. Ownership passes in two steps, so that it cannot be given to an address that nobody answers for.

use cosmwasm_std::{Addr, Api};
use wicker_math::Seconds;
use wicker_msgs::cdp::OwnershipAction;

use crate::error::{ContractError, Result};
use crate::state::Config;

/// Errors unless `sender` is the owner.
pub fn require_owner(config: &Config, sender: &Addr) -> Result<()> {
    if config.owner.as_ref() == Some(sender) {
        return Ok(());
    }
    Err(unauthorized(sender, "the owner"))
}

/// Errors unless `sender` is the guardian or the owner.
pub fn require_guardian(config: &Config, sender: &Addr) -> Result<()> {
    if config.guardian.as_ref() == Some(sender) {
        return Ok(());
    }
    require_owner(config, sender).map_err(|_| unauthorized(sender, "the guardian or the owner"))
}

/// The configuration after a step of handing ownership on.
pub fn update(
    api: &dyn Api,
    config: &Config,
    sender: &Addr,
    action: OwnershipAction,
    now: Seconds,
) -> Result<Config> {
    let mut next = config.clone();
    match action {
        OwnershipAction::TransferOwnership { new_owner, expiry } => {
            require_owner(config, sender)?;
            let new_owner = api.addr_validate(&new_owner)?;
            let expiry = expiry.map(Seconds::new);
            alive(expiry, now)?;
            next.offered = Some((new_owner, expiry));
        }
        OwnershipAction::AcceptOwnership => {
            let (offered, expiry) = match &config.offered {
                Some((offered, expiry)) if offered == sender => (offered, *expiry),
                _ => {
                    return Err(unauthorized(
                        sender,
                        "the address that ownership is offered to",
                    ))
                }
            };
            alive(expiry, now)?;
            next.owner = Some(offered.clone());
            next.offered = None;
        }
        OwnershipAction::RenounceOwnership => {
            require_owner(config, sender)?;
            next.owner = None;
            next.offered = None;
        }
    }
    Ok(next)
}

fn alive(expiry: Option<Seconds>, now: Seconds) -> Result<()> {
    match expiry {
        Some(deadline) if deadline <= now => Err(ContractError::Deadline {
            deadline: deadline.get(),
            now: now.get(),
        }
        .into()),
        _ => Ok(()),
    }
}

/// The error of a sender who may not.
pub fn unauthorized(sender: &Addr, role: &'static str) -> Box<ContractError> {
    let sender = sender.to_string();
    Box::new(ContractError::Unauthorized { sender, role })
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockApi;
    use wicker_msgs::cdp::TokenModule;

    use super::*;

    const NOW: Seconds = Seconds::new(1_000);

    fn config(api: &MockApi) -> Config {
        Config {
            owner: Some(api.addr_make("owner")),
            offered: None,
            guardian: Some(api.addr_make("guardian")),
            oracle: api.addr_make("oracle"),
            token: TokenModule {
                type_url_prefix: "/t.".into(),
                direct_mint: false,
            },
        }
    }

    fn offer(api: &MockApi, to: &str, expiry: Option<u64>) -> OwnershipAction {
        OwnershipAction::TransferOwnership {
            new_owner: api.addr_make(to).to_string(),
            expiry,
        }
    }

    #[test]
    fn ownership_passes_only_when_it_is_accepted() {
        let api = MockApi::default();
        let (owner, next) = (api.addr_make("owner"), api.addr_make("next"));
        let start = config(&api);
        let offered = update(&api, &start, &owner, offer(&api, "next", None), NOW).unwrap();
        assert!(require_owner(&offered, &owner).is_ok() && require_owner(&offered, &next).is_err());
        let accept = OwnershipAction::AcceptOwnership;
        assert!(update(&api, &offered, &owner, accept.clone(), NOW).is_err());
        let accepted = update(&api, &offered, &next, accept.clone(), NOW).unwrap();
        assert!(
            require_owner(&accepted, &next).is_ok() && require_owner(&accepted, &owner).is_err()
        );
        assert!(update(&api, &accepted, &next, accept, NOW).is_err());
    }

    #[test]
    fn an_offer_ends_at_its_expiry() {
        let api = MockApi::default();
        let (owner, next) = (api.addr_make("owner"), api.addr_make("next"));
        let start = config(&api);
        assert!(update(&api, &start, &owner, offer(&api, "next", Some(1_000)), NOW).is_err());
        let offered = update(&api, &start, &owner, offer(&api, "next", Some(1_001)), NOW).unwrap();
        let accept = OwnershipAction::AcceptOwnership;
        assert!(update(&api, &offered, &next, accept.clone(), NOW).is_ok());
        assert!(update(&api, &offered, &next, accept, Seconds::new(1_001)).is_err());
    }

    #[test]
    fn v12_nobody_else_may_and_v13_an_address_of_another_spelling_is_refused() {
        let api = MockApi::default();
        let start = config(&api);
        let (owner, guardian, other) = (
            api.addr_make("owner"),
            api.addr_make("guardian"),
            api.addr_make("other"),
        );
        for sender in [&guardian, &other] {
            assert!(update(&api, &start, sender, offer(&api, "next", None), NOW).is_err());
            assert!(update(
                &api,
                &start,
                sender,
                OwnershipAction::RenounceOwnership,
                NOW
            )
            .is_err());
        }
        assert!(
            require_guardian(&start, &guardian).is_ok() && require_guardian(&start, &owner).is_ok()
        );
        assert!(require_guardian(&start, &other).is_err());
        let upper = OwnershipAction::TransferOwnership {
            new_owner: other.to_string().to_uppercase(),
            expiry: None,
        };
        assert!(update(&api, &start, &owner, upper, NOW).is_err());
        let renounced = update(
            &api,
            &start,
            &owner,
            OwnershipAction::RenounceOwnership,
            NOW,
        )
        .unwrap();
        assert!(require_owner(&renounced, &owner).is_err());
    }
}
