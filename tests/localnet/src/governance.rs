//! The chain's governance: proposals of the gov module, with votes.

use std::time::Duration;

use cosmwasm_std::Coin;
use wicker_client::{
    proto::cosmos::gov::v1::{ProposalStatus, QueryProposalRequest, QueryProposalResponse},
    Execute, Message, Proposal, VoteOption,
};

use crate::{
    error::{Error, Trying},
    net::{attribute, Net},
};

/// What the chain wants to see before a proposal is voted on.
const DEPOSIT: u128 = 10_000_000;
/// How often is looked whether the vote is over.
const POLL: Duration = Duration::from_millis(250);
/// A vote on the local chain takes ten seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a proposal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It was accepted and did what it says.
    Passed,
    /// Votes were against it.
    Rejected,
    /// It was accepted, and what it says could not be done: nothing of it was.
    Failed(String),
}

/// Who proposes, who votes, and the module that does what was accepted.
#[derive(Debug)]
pub struct Governance<'a> {
    net: &'a Net,
    /// The module's address: the owner of contracts that the chain governs.
    pub authority: String,
}

impl<'a> Governance<'a> {
    /// The chain's.
    pub async fn of(net: &'a Net) -> Result<Self, Error> {
        Ok(Self {
            net,
            authority: net.chain.module("gov").await.trying("finding gov")?,
        })
    }

    /// Proposes that the module tells contracts something, lets the validator vote, and waits for the end.
    pub async fn decide(
        &self,
        title: &str,
        messages: Vec<Execute>,
        vote: VoteOption,
    ) -> Result<Ending, Error> {
        let proposal = Message::Propose(Proposal {
            title: title.into(),
            summary: title.into(),
            deposit: vec![Coin::new(DEPOSIT, &self.net.denom)],
            authority: self.authority.clone(),
            messages: messages.into_iter().map(Message::from).collect(),
        });
        let governor = self.net.account("governor")?;
        let done = self.net.act(governor, vec![proposal], None, title).await?;
        let number = attribute(&done, "submit_proposal", "proposal_id")?;
        let wrong = |_| Error::Wrong(format!("{number} is no number of a proposal"));
        let proposal = number.parse().map_err(wrong)?;
        let vote = Message::Vote {
            proposal,
            option: vote,
        };
        let validator = self.net.account("validator")?;
        self.net.act(validator, vec![vote], None, "voting").await?;
        self.end(proposal).await
    }

    async fn end(&self, proposal_id: u64) -> Result<Ending, Error> {
        let begun = std::time::Instant::now();
        while begun.elapsed() < PATIENCE {
            let path = "/cosmos.gov.v1.Query/Proposal";
            let request = QueryProposalRequest { proposal_id };
            let answer = self.net.chain.grpc(path, &request).await;
            let answer: QueryProposalResponse = answer.trying("reading a proposal")?;
            let Some(proposal) = answer.proposal else {
                return Err(Error::Wrong(format!("proposal {proposal_id} is gone")));
            };
            match proposal.status() {
                ProposalStatus::Passed => return Ok(Ending::Passed),
                ProposalStatus::Rejected => return Ok(Ending::Rejected),
                ProposalStatus::Failed => return Ok(Ending::Failed(proposal.failed_reason)),
                _ => tokio::time::sleep(POLL).await,
            }
        }
        Err(Error::Wrong(format!("proposal {proposal_id} does not end")))
    }
}
