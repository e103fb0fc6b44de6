//! The reference of messages runs: every block of `docs/messages.md` is told to the contracts in the page's order, every answer on the page
//! is the contracts' own, and no message of the schema is missing. `WICKER_WRITE_PAGE=1` writes the whole answers anew.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cosmwasm_std::{coin, Addr, Coin, CosmosMsg, WasmMsg};
use cw_multi_test::{BankSudo, Executor, SudoMsg};
use serde_json::{json, Value};
use wicker_cdp::token;
use wicker_lab::bank;
use wicker_lab::chain::{start, Chain};
use wicker_lab::factory::PREFIX;
use wicker_msgs::cdp::TokenModule;
use wicker_tests::rig::{addr, store, Codes};

const PAGE: &str = "docs/messages.md";
/// Who acts on the page. From the vault's first message on nobody can send coins to it.
const NAMES: [&str; 9] = [
    "owner", "guardian", "feeder", "feeder2", "alice", "bob", "maker", "treasury", "vault",
];
/// What each of them has.
const COINS: [&str; 2] = ["uatom", "uosmo"];
const PLENTY: u128 = 1_000_000_000_000;
/// Feeders repeat their prices whenever so much time passes, in seconds.
const REPEATED: u64 = 3_600;
/// Columns of an answer that is written.
const WIDTH: usize = 110;

/// A block of the page.
struct Block {
    line: usize,
    /// What it is: `cdp execute alice 5uatom`, `oracle query`, `answer`.
    words: Vec<String>,
    text: String,
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap().to_path_buf()
}

fn page() -> String {
    std::fs::read_to_string(root().join(PAGE)).unwrap()
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (line, text) in page.lines().enumerate() {
        match text.strip_prefix("```") {
            Some(kind) if !inside => {
                let kind = kind.strip_prefix("json ");
                let kind = kind.unwrap_or_else(|| panic!("line {line}: a block is no message"));
                blocks.push(Block {
                    line: line + 1,
                    words: kind.split(' ').map(String::from).collect(),
                    text: String::new(),
                });
                inside = true;
            }
            Some(_) => inside = false,
            None if inside => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(text);
                block.text.push('\n');
            }
            None => {}
        }
    }
    blocks
}

/// The chain that the page is about.
struct World {
    chain: Chain,
    codes: Codes,
    /// Contracts and accounts by the names that stand for them.
    names: BTreeMap<String, Addr>,
}

impl World {
    fn new() -> Self {
        let mut chain = start(vec![]).unwrap();
        let codes = store(&mut chain);
        let names = NAMES.map(|name| (name.to_string(), addr(name)));
        for (_, address) in &names {
            let mint = BankSudo::Mint {
                to_address: address.to_string(),
                amount: COINS.map(|denom| coin(PLENTY, denom)).to_vec(),
            };
            chain.sudo(SudoMsg::Bank(mint)).unwrap();
        }
        Self {
            chain,
            codes,
            names: names.into(),
        }
    }

    fn address(&self, name: &str) -> Addr {
        let found = self.names.get(name);
        found.unwrap_or_else(|| panic!("nobody is {name}")).clone()
    }

    fn now(&self) -> u64 {
        self.chain.block_info().time.seconds()
    }

    /// With addresses and times for what stands in braces.
    fn filled(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let name = after.split('}').next().unwrap();
            let plus = name.strip_prefix("now+").map(|more| more.parse::<u64>());
            let value = match plus {
                Some(Ok(more)) => (self.now() + more).to_string(),
                _ if name == "now" => self.now().to_string(),
                _ => self.names.get(name).map_or("{".into(), Addr::to_string),
            };
            rest = if value == "{" {
                after
            } else {
                &after[name.len() + 1..]
            };
            filled.push_str(&value);
        }
        filled + rest
    }

    /// With names in braces for addresses.
    fn emptied(&self, text: &str) -> String {
        let names = self.names.iter();
        names.fold(text.into(), |text: String, (name, address)| {
            text.replace(address.as_str(), &format!("{{{name}}}"))
        })
    }

    /// Tells a contract what a block says.
    fn execute(&mut self, contract: &str, words: &[String], msg: &str) -> Result<(), String> {
        let sender = self.address(&words[0]);
        if words[0] == "vault" {
            bank::block(self.chain.storage_mut(), &sender);
        }
        let mut funds: Vec<Coin> = Vec::new();
        let mut words = words[1..].iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "after" => self.pass(words.next().unwrap().parse().unwrap()),
                amount => funds.push(self.filled(amount).parse().unwrap()),
            }
        }
        let message = WasmMsg::Execute {
            contract_addr: self.address(contract).into(),
            msg: self.filled(msg).into_bytes().into(),
            funds,
        };
        let done = self.chain.execute(sender, CosmosMsg::from(message));
        done.map(|_| ()).map_err(|why| why.to_string())
    }

    fn instantiate(&mut self, contract: &str, owner: &str, msg: &Value) -> Result<(), String> {
        let cdp = contract == "cdp";
        let code = if cdp {
            self.codes.cdp
        } else {
            self.codes.oracle
        };
        let owner = self.address(owner);
        let done = self
            .chain
            .instantiate_contract(code, owner, msg, &[], contract, None);
        let address = done.map_err(|why| why.to_string())?;
        self.names.insert(contract.into(), address.clone());
        if cdp {
            self.hand_gold_over(&address);
            let stray = [coin(7, "uosmo")];
            let maker = self.address("maker");
            self.chain.send_tokens(maker, address, &stray).unwrap();
        }
        Ok(())
    }

    /// A denom of somebody's whose admin the contract is from now on.
    fn hand_gold_over(&mut self, cdp: &Addr) {
        let module = TokenModule {
            type_url_prefix: PREFIX.into(),
            direct_mint: false,
        };
        let maker = self.address("maker");
        let denom = format!("factory/{maker}/gold");
        let create = token::create(&module, maker.as_str(), "gold");
        let hand = token::change_admin(&module, maker.as_str(), &denom, cdp.as_str());
        for message in [create, hand] {
            self.chain.execute(maker.clone(), message).unwrap();
        }
    }

    fn query(&self, contract: &str, msg: &Value) -> Result<Value, String> {
        let answer = self
            .chain
            .wrap()
            .query_wasm_smart(self.address(contract), msg);
        answer.map_err(|why| why.to_string())
    }

    /// Lets time pass; after an hour or more the feeders repeat the prices that were stored last.
    fn pass(&mut self, seconds: u64) {
        self.chain.update_block(|block| {
            block.time = block.time.plus_seconds(seconds);
            block.height += 1;
        });
        if seconds < REPEATED {
            return;
        }
        let sources = self.query("oracle", &json!({ "sources": {} })).unwrap();
        for source in sources["sources"].as_array().unwrap() {
            let denom = &source["denom"];
            let price = self.query("oracle", &json!({ "price": { "denom": denom } }));
            let feeders = source["source"]["relayed"]["feeders"].as_array();
            let Ok(price) = price else { continue };
            for feeder in feeders.into_iter().flatten() {
                let entry = json!({
                    "denom": denom, "price": price["price"], "publish_time": self.now(), "confidence": null,
                });
                let report = json!({ "report": { "prices": [entry] } });
                let feeder = Addr::unchecked(feeder.as_str().unwrap());
                let oracle = self.address("oracle");
                self.chain
                    .execute_contract(feeder, oracle, &report, &[])
                    .unwrap();
            }
        }
    }
}

/// True when everything on the page is in the answer: all of it, or with `part` fields and first entries of it.
fn agrees(page: &Value, answer: &Value, part: bool) -> bool {
    match (page, answer) {
        (Value::Object(page), Value::Object(answer)) => {
            let fields = page.iter();
            let mut fields = fields.map(|(name, value)| Some((value, answer.get(name)?)));
            fields.all(|pair| pair.is_some_and(|(one, other)| agrees(one, other, part)))
                && (part || page.len() == answer.len())
        }
        (Value::Array(page), Value::Array(answer)) => {
            let mut pairs = page.iter().zip(answer);
            pairs.all(|(one, other)| agrees(one, other, part))
                && (page.len() == answer.len() || part && page.len() < answer.len())
        }
        (page, answer) => page == answer,
    }
}

/// JSON that breaks lines only where it must.
fn shown(value: &Value, depth: usize) -> String {
    let flat = flat(value);
    if 2 * depth + flat.len() <= WIDTH {
        return flat;
    }
    let (indent, end) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields
                .map(|(name, value)| format!("{indent}\"{name}\": {}", shown(value, depth + 1)));
            format!("{{\n{}\n{end}}}", fields.collect::<Vec<_>>().join(",\n"))
        }
        Value::Array(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|entry| format!("{indent}{}", shown(entry, depth + 1)));
            format!("[\n{}\n{end}]", entries.collect::<Vec<_>>().join(",\n"))
        }
        _ => flat,
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::Object(fields) if fields.is_empty() => "{}".into(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| format!("\"{name}\": {}", flat(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Array(entries) => {
            let entries = entries.iter().map(flat);
            format!("[{}]", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// The names of an enum's variants, and those of the enums that some of them hold: `borrow`, `govern.change`.
fn variants(schema: &Value, kind: &str) -> BTreeSet<String> {
    let definitions = &schema[kind]["definitions"];
    let mut names = BTreeSet::new();
    for variant in schema[kind]["oneOf"].as_array().unwrap() {
        for (name, content) in variant["properties"].as_object().unwrap() {
            let inner = content["$ref"].as_str();
            let inner = inner.and_then(|path| path.rsplit('/').next());
            let inner = inner.and_then(|path| definitions[path]["oneOf"].as_array());
            match inner {
                None => drop(names.insert(name.clone())),
                Some(inner) => names.extend(inner.iter().flat_map(|one| {
                    let named = one["required"]
                        .as_array()
                        .or_else(|| one["enum"].as_array());
                    let named = named.unwrap().iter();
                    named.map(move |one| format!("{name}.{}", one.as_str().unwrap()))
                })),
            }
        }
    }
    names
}

/// The name of a message as [`variants`] has it.
fn name(msg: &Value, known: &BTreeSet<String>) -> String {
    let (outer, content) = msg.as_object().unwrap().iter().next().unwrap();
    if known.contains(outer) {
        return outer.clone();
    }
    let inner = content.as_object().and_then(|it| it.keys().next().cloned());
    format!(
        "{outer}.{}",
        inner.unwrap_or_else(|| content.as_str().unwrap().into())
    )
}

#[test]
fn every_block_of_the_page_of_messages_runs_and_every_answer_is_the_contracts_own() {
    let page = page();
    let mut lines: Vec<String> = page.lines().map(String::from).collect();
    let mut world = World::new();
    let mut answer: Option<Value> = None;
    let mut wrong = Vec::new();
    for block in blocks(&page) {
        let words: Vec<&str> = block.words.iter().map(String::as_str).collect();
        let at = format!("{PAGE}:{}", block.line);
        if words[0] == "answer" {
            let found = answer
                .take()
                .unwrap_or_else(|| panic!("{at}: an answer to nothing"));
            let part = words == ["answer", "in", "part"];
            let expected: Result<Value, _> = serde_json::from_str(&world.filled(&block.text));
            if !expected.is_ok_and(|expected| agrees(&expected, &found, part)) {
                let shown = world.emptied(&shown(&found, 0));
                wrong.push(format!("{at}: the answer is\n{shown}"));
                if !part {
                    let length = block.text.lines().count();
                    lines[block.line] = shown;
                    lines[block.line + 1..block.line + length].fill("\0".into());
                }
            }
            continue;
        }
        assert!(
            answer.is_none(),
            "{at}: the question before it has no answer"
        );
        let told = match words[..] {
            [contract, "instantiate", who] => {
                let msg = serde_json::from_str(&world.filled(&block.text)).unwrap();
                world.instantiate(contract, who, &msg)
            }
            [contract, "execute", ..] => world.execute(contract, &block.words[2..], &block.text),
            [contract, "query"] => {
                let msg = serde_json::from_str(&world.filled(&block.text)).unwrap();
                world
                    .query(contract, &msg)
                    .map(|found| answer = Some(found))
            }
            _ => panic!("{at}: what is {words:?}?"),
        };
        told.unwrap_or_else(|why| panic!("{at}: {why}"));
    }
    if std::env::var("WICKER_WRITE_PAGE").is_ok() {
        lines.retain(|line| line != "\0");
        std::fs::write(root().join(PAGE), lines.join("\n") + "\n").unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_message_of_both_contracts_is_on_the_page_of_messages() {
    let blocks = blocks(&page());
    for contract in ["cdp", "oracle"] {
        let path = root().join(format!("schema/{contract}.json"));
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for kind in ["execute", "query"] {
            let all = variants(&schema, kind);
            let here = blocks.iter().filter(|block| {
                block.words[0].starts_with(contract)
                    && block.words.get(1).is_some_and(|it| it == kind)
            });
            let here: BTreeSet<String> = here
                .map(|block| name(&readable(&block.text), &all))
                .collect();
            let missing: Vec<_> = all.difference(&here).collect();
            assert!(missing.is_empty(), "{contract} {kind}: {missing:?}");
        }
    }
}

/// A block's JSON with something for the times.
fn readable(text: &str) -> Value {
    let words = text.split("{now").enumerate();
    let words = words.map(|(at, part)| match at {
        0 => part.to_string(),
        _ => format!("0{}", part.split_once('}').unwrap().1),
    });
    serde_json::from_str(&words.collect::<String>()).unwrap()
}
