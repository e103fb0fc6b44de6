//! Messages of a transaction, as a chain takes them and as a person or another wallet reads them.

use cosmrs::proto::cosmos::bank::v1beta1::MsgSend;
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use cosmrs::proto::cosmos::gov::v1::{MsgSubmitProposal, MsgVote};
use cosmrs::proto::cosmwasm::wasm::v1::{
    AccessConfig, MsgExecuteContract, MsgInstantiateContract, MsgMigrateContract, MsgStoreCode,
    MsgUpdateAdmin,
};
use cosmrs::proto::prost::Name;
use cosmrs::Any;
use cosmwasm_std::{Binary, Coin};
use serde::Serialize;
use serde_json::{json, Value};

use crate::error::ClientError;

/// A message for a contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Execute {
    /// The contract.
    pub contract: String,
    /// What it is told.
    pub msg: Value,
    /// The coins that go with it.
    pub funds: Vec<Coin>,
}

impl Execute {
    /// A message without coins.
    pub fn new(contract: impl Into<String>, msg: &impl Serialize) -> Result<Self, ClientError> {
        let msg = serde_json::to_value(msg).map_err(|why| ClientError::Answer {
            what: "a message".into(),
            why: why.to_string(),
        })?;
        Ok(Self {
            contract: contract.into(),
            msg,
            funds: Vec::new(),
        })
    }

    /// The same with coins.
    pub fn with_funds(mut self, funds: Vec<Coin>) -> Self {
        self.funds = funds;
        self
    }
}

/// What a transaction does. The sender is who signs, or in a proposal the module that executes.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Tells a contract something.
    Execute(Execute),
    /// Stores a contract's code. The code may be compressed.
    Store {
        /// The code.
        wasm: Vec<u8>,
    },
    /// Starts a contract.
    Instantiate {
        /// The code's number.
        code_id: u64,
        /// What it starts with.
        msg: Value,
        /// What people call it.
        label: String,
        /// Who may migrate it; `None` is nobody.
        admin: Option<String>,
    },
    /// Moves a contract to another code.
    Migrate {
        /// The contract.
        contract: String,
        /// The new code's number.
        code_id: u64,
        /// What the new code is told.
        msg: Value,
    },
    /// Names another admin of a contract.
    UpdateAdmin {
        /// The contract.
        contract: String,
        /// Who may migrate it from now on.
        admin: String,
    },
    /// Sends coins.
    Send {
        /// Who receives.
        to: String,
        /// The coins.
        coins: Vec<Coin>,
    },
    /// Submits a proposal of the governance module.
    Propose(Proposal),
    /// Votes on one.
    Vote {
        /// The proposal's number.
        proposal: u64,
        /// The vote.
        option: VoteOption,
    },
}

/// A proposal of the governance module.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Its title.
    pub title: String,
    /// Why.
    pub summary: String,
    /// What is deposited with it.
    pub deposit: Vec<Coin>,
    /// The module's address, which executes.
    pub authority: String,
    /// What it does when it passes.
    pub messages: Vec<Message>,
}

/// A vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteOption {
    /// For it.
    Yes,
    /// Counts for the quorum only.
    Abstain,
    /// Against it.
    No,
    /// Against it, and the deposit is to be burned.
    Veto,
}

impl VoteOption {
    const fn code(self) -> i32 {
        match self {
            Self::Yes => 1,
            Self::Abstain => 2,
            Self::No => 3,
            Self::Veto => 4,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Yes => "VOTE_OPTION_YES",
            Self::Abstain => "VOTE_OPTION_ABSTAIN",
            Self::No => "VOTE_OPTION_NO",
            Self::Veto => "VOTE_OPTION_NO_WITH_VETO",
        }
    }
}

impl From<Execute> for Message {
    fn from(execute: Execute) -> Self {
        Self::Execute(execute)
    }
}

impl Message {
    /// As it goes into a transaction of `sender`.
    pub fn to_any(&self, sender: &str) -> Any {
        let sender = sender.to_string();
        match self.clone() {
            Self::Execute(execute) => any(&MsgExecuteContract {
                sender,
                contract: execute.contract,
                msg: execute.msg.to_string().into_bytes(),
                funds: coins(&execute.funds),
            }),
            Self::Store { wasm } => any(&MsgStoreCode {
                sender,
                wasm_byte_code: wasm,
                instantiate_permission: None::<AccessConfig>,
            }),
            Self::Instantiate {
                code_id,
                msg,
                label,
                admin,
            } => any(&MsgInstantiateContract {
                sender,
                admin: admin.unwrap_or_default(),
                code_id,
                label,
                msg: msg.to_string().into_bytes(),
                funds: Vec::new(),
            }),
            Self::Migrate {
                contract,
                code_id,
                msg,
            } => any(&MsgMigrateContract {
                sender,
                contract,
                code_id,
                msg: msg.to_string().into_bytes(),
            }),
            Self::UpdateAdmin { contract, admin } => any(&MsgUpdateAdmin {
                sender,
                new_admin: admin,
                contract,
            }),
            Self::Send { to, coins: sent } => any(&MsgSend {
                from_address: sender,
                to_address: to,
                amount: coins(&sent),
            }),
            Self::Propose(proposal) => any(&proposal.to_proto(sender)),
            Self::Vote { proposal, option } => any(&MsgVote {
                proposal_id: proposal,
                voter: sender,
                option: option.code(),
                metadata: String::new(),
            }),
        }
    }

    /// As the chain's own program writes it, for `sender`.
    pub fn to_json(&self, sender: &str) -> Value {
        match self {
            Self::Execute(execute) => json!({
                "@type": "/cosmwasm.wasm.v1.MsgExecuteContract",
                "sender": sender,
                "contract": execute.contract,
                "msg": execute.msg,
                "funds": by_denom(&execute.funds),
            }),
            Self::Store { wasm } => json!({
                "@type": "/cosmwasm.wasm.v1.MsgStoreCode",
                "sender": sender,
                "wasm_byte_code": Binary::from(wasm.as_slice()),
                "instantiate_permission": null,
            }),
            Self::Instantiate {
                code_id,
                msg,
                label,
                admin,
            } => json!({
                "@type": "/cosmwasm.wasm.v1.MsgInstantiateContract",
                "sender": sender,
                "admin": admin.clone().unwrap_or_default(),
                "code_id": code_id.to_string(),
                "label": label,
                "msg": msg,
                "funds": [],
            }),
            Self::Migrate {
                contract,
                code_id,
                msg,
            } => json!({
                "@type": "/cosmwasm.wasm.v1.MsgMigrateContract",
                "sender": sender,
                "contract": contract,
                "code_id": code_id.to_string(),
                "msg": msg,
            }),
            Self::UpdateAdmin { contract, admin } => json!({
                "@type": "/cosmwasm.wasm.v1.MsgUpdateAdmin",
                "sender": sender,
                "new_admin": admin,
                "contract": contract,
            }),
            Self::Send { to, coins } => json!({
                "@type": "/cosmos.bank.v1beta1.MsgSend",
                "from_address": sender,
                "to_address": to,
                "amount": by_denom(coins),
            }),
            Self::Propose(proposal) => proposal.to_json(sender),
            Self::Vote { proposal, option } => json!({
                "@type": "/cosmos.gov.v1.MsgVote",
                "proposal_id": proposal.to_string(),
                "voter": sender,
                "option": option.name(),
                "metadata": "",
            }),
        }
    }
}

impl Proposal {
    fn to_proto(&self, proposer: String) -> MsgSubmitProposal {
        let messages = self.messages.iter();
        MsgSubmitProposal {
            messages: messages
                .map(|message| message.to_any(&self.authority))
                .collect(),
            initial_deposit: coins(&self.deposit),
            proposer,
            metadata: String::new(),
            title: self.title.clone(),
            summary: self.summary.clone(),
            expedited: false,
        }
    }

    fn to_json(&self, proposer: &str) -> Value {
        let messages = self.messages.iter();
        let messages: Vec<_> = messages
            .map(|message| message.to_json(&self.authority))
            .collect();
        json!({
            "@type": "/cosmos.gov.v1.MsgSubmitProposal",
            "messages": messages,
            "initial_deposit": by_denom(&self.deposit),
            "proposer": proposer,
            "metadata": "",
            "title": self.title,
            "summary": self.summary,
            "expedited": false,
        })
    }
}

fn any<M: Name>(message: &M) -> Any {
    Any {
        type_url: M::type_url(),
        value: message.encode_to_vec(),
    }
}

/// Coins by denom, as the chain wants them.
fn by_denom(coins: &[Coin]) -> Vec<Coin> {
    let mut coins = coins.to_vec();
    coins.sort_by(|one, other| one.denom.cmp(&other.denom));
    coins
}

fn coins(coins: &[Coin]) -> Vec<ProtoCoin> {
    let coins = by_denom(coins).into_iter().map(|coin| ProtoCoin {
        denom: coin.denom,
        amount: coin.amount.to_string(),
    });
    coins.collect()
}

#[cfg(test)]
mod tests {
    use cosmrs::proto::prost::Message as _;

    use super::*;

    fn execute() -> Message {
        let execute = Execute::new("cdp", &json!({ "repay": { "position": 7 } })).unwrap();
        let funds = vec![Coin::new(5u64, "b"), Coin::new(3u64, "a")];
        execute.with_funds(funds).into()
    }

    #[test]
    fn a_message_to_a_contract_has_its_type_and_its_coins_by_denom() {
        let any = execute().to_any("ann");
        assert_eq!(any.type_url, "/cosmwasm.wasm.v1.MsgExecuteContract");
        let read = MsgExecuteContract::decode(any.value.as_slice()).unwrap();
        assert_eq!(read.msg, br#"{"repay":{"position":7}}"#);
        let funds: Vec<_> = read.funds.iter().map(|coin| coin.denom.as_str()).collect();
        assert_eq!((read.sender.as_str(), funds), ("ann", vec!["a", "b"]));
    }

    #[test]
    fn what_a_proposal_does_is_signed_by_the_module() {
        let proposal = Message::Propose(Proposal {
            title: "t".into(),
            summary: "s".into(),
            deposit: vec![Coin::new(9u64, "stake")],
            authority: "gov".into(),
            messages: vec![execute()],
        });
        let any = proposal.to_any("ann");
        assert_eq!(any.type_url, "/cosmos.gov.v1.MsgSubmitProposal");
        let read = MsgSubmitProposal::decode(any.value.as_slice()).unwrap();
        assert_eq!(read.proposer, "ann");
        let inner = MsgExecuteContract::decode(read.messages[0].value.as_slice()).unwrap();
        assert_eq!(inner.sender, "gov");
        let shown = proposal.to_json("ann");
        assert_eq!(shown["messages"][0]["sender"], "gov");
        assert_eq!(shown["messages"][0]["msg"]["repay"]["position"], 7);
        assert_eq!(shown["initial_deposit"][0]["amount"], "9");
    }
}
