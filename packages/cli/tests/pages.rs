//! What the pages tell people to type and to send: every `wicker` line is one that the program takes, and every message and file is read
//! by what it is meant for. The blocks are found here, so a new page is held to the same. `docs/messages.md` has a test of its own that
//! runs its blocks, in `tests/tests/messages.rs`.

// Test code; clippy sees that only inside test functions.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::Parser;
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::Value;
use wicker_cli::arguments::Cli;
use wicker_cli::chain::govern;
use wicker_msgs::{cdp, oracle};

/// The page whose messages another test runs.
const RUN: &str = "docs/messages.md";

/// A fenced block of a page.
struct Block {
    /// The page and the line.
    at: String,
    /// What stands behind the fence.
    kind: String,
    text: String,
}

/// A page without its fenced blocks, and these.
struct Page {
    name: String,
    prose: Vec<(usize, String)>,
    blocks: Vec<Block>,
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_path_buf()
}

/// Every page of the project.
fn pages() -> Vec<Page> {
    let root = root();
    let mut folders = vec![root.join("docs")];
    let mut files = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(kind) if kind == "md" => files.push(path),
                _ => {}
            }
        }
    }
    files.iter().map(|path| page(&root, path)).collect()
}

fn page(root: &Path, path: &Path) -> Page {
    let name = path.strip_prefix(root).unwrap().display().to_string();
    let mut page = Page {
        name,
        prose: Vec::new(),
        blocks: Vec::new(),
    };
    let mut inside = false;
    let text = std::fs::read_to_string(path).unwrap();
    for (at, line) in text.lines().enumerate() {
        match line.trim_start().strip_prefix("```") {
            Some(kind) if !inside => {
                page.blocks.push(Block {
                    at: format!("{}:{}", page.name, at + 1),
                    kind: kind.to_string(),
                    text: String::new(),
                });
                inside = true;
            }
            Some(_) => inside = false,
            None if inside => {
                let block = page.blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => page.prose.push((at + 1, line.to_string())),
        }
    }
    assert!(!inside, "{}: a block without an end", page.name);
    page
}

/// A line's words as a shell would split it; a comment ends it.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote): (Vec<String>, Option<String>, _) = (vec![], None, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), letter) => word.get_or_insert_default().push(letter),
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (None, letter) => word.get_or_insert_default().push(letter),
        }
    }
    assert!(quote.is_none(), "a quote without an end: {line}");
    words.extend(word);
    words
}

/// The words behind `wicker` where a line starts it: plainly, by cargo or in an image.
fn arguments(words: &[String]) -> Option<&[String]> {
    let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found == word);
    if is(0, "wicker") {
        return words.get(1..);
    }
    let cargo =
        is(0, "cargo") && is(1, "run") && words.windows(2).any(|two| two == ["-p", "wicker"]);
    let before = match (cargo, is(0, "docker") && is(1, "run")) {
        (true, _) => "--",
        (_, true) => "wicker",
        _ => return None,
    };
    let at = words.iter().position(|word| word == before)?;
    words.get(at + 1..)
}

fn parsed(arguments: &[String]) -> Result<(), clap::Error> {
    let name = std::iter::once("wicker".to_string());
    Cli::try_parse_from(name.chain(arguments.iter().cloned())).map(|_| ())
}

/// Like [`parsed`] for a command that is only named: what is missing may be missing, and a word in capitals stands for a value.
fn named(arguments: &[String]) -> Result<(), clap::Error> {
    let placeholder =
        |word: &String| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_uppercase());
    let stands = arguments.iter().any(placeholder);
    parsed(arguments).or_else(|why| match why.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand => Ok(()),
        ErrorKind::ValueValidation if stands => Ok(()),
        // `wicker help COMMAND`
        ErrorKind::InvalidSubcommand if stands && arguments[0] == "help" => Ok(()),
        _ => Err(why),
    })
}

#[test]
fn every_command_in_a_block_of_a_page_is_one_that_the_program_takes() {
    let mut count = 0;
    for block in pages().iter().flat_map(|page| &page.blocks) {
        if block.kind != "sh" {
            continue;
        }
        for line in block.text.replace("\\\n", " ").lines() {
            let words = words(line);
            match arguments(&words) {
                Some(arguments) => {
                    count += 1;
                    parsed(arguments).unwrap_or_else(|why| panic!("{}: {line}: {why}", block.at));
                }
                // Nothing that starts the program is overlooked.
                None => assert!(
                    !words.iter().any(|word| word == "wicker") || words[1] == "build",
                    "{}: {line}",
                    block.at
                ),
            }
        }
    }
    assert!(count >= 30, "{count} commands were found");
}

/// The spans of code in a line that begin with `wicker`; in a table of commands, those of the first column.
fn spans<'a>(line: &'a str, in_table: bool) -> Vec<&'a str> {
    let spans = |text: &'a str| text.split('`').skip(1).step_by(2);
    let given = spans(line).filter_map(|span| span.strip_prefix("wicker "));
    let cell = line.split('|').nth(1).filter(|_| in_table);
    given.chain(cell.into_iter().flat_map(spans)).collect()
}

#[test]
fn every_command_that_a_page_names_has_this_name_and_these_arguments() {
    let mut count = 0;
    for page in pages() {
        let mut in_table = false;
        for (at, line) in &page.prose {
            in_table = line.starts_with("| command |") && page.name == "docs/commands.md"
                || in_table && line.starts_with('|');
            for span in spans(line, in_table) {
                count += 1;
                let words = words(span);
                named(&words).unwrap_or_else(|why| panic!("{}:{at}: {span}: {why}", page.name));
            }
        }
    }
    assert!(count >= 40, "{count} commands were found");
}

/// Reads a message in full: no field may be left to its default.
fn read<T: DeserializeOwned + Serialize>(text: &str) -> Result<(), String> {
    let read: T = serde_json::from_str(text).map_err(|why| why.to_string())?;
    let (read, whole): (_, Value) = (
        serde_json::to_value(read).unwrap(),
        serde_json::from_str(text).unwrap(),
    );
    match read == whole {
        true => Ok(()),
        false => Err(format!("it is read as {read}")),
    }
}

/// Gives a text to what reads a file of it.
fn as_file<T, E: ToString>(text: &str, read: impl Fn(&Path) -> Result<T, E>) -> Result<(), String> {
    let path = std::env::temp_dir().join(format!("wicker-pages-{}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let done = read(&path);
    std::fs::remove_file(&path).unwrap();
    done.map(|_| ()).map_err(|why| why.to_string())
}

fn document(kind: &str, text: &str) -> Result<(), String> {
    let none = std::iter::empty::<(String, String)>;
    match kind {
        "json" => as_file(text, govern::read),
        "json cdp instantiate" => read::<cdp::InstantiateMsg>(text),
        "json cdp execute" => read::<cdp::ExecuteMsg>(text),
        "json cdp migrate" => read::<cdp::MigrateMsg>(text),
        "json oracle instantiate" => read::<oracle::InstantiateMsg>(text),
        "json oracle execute" => read::<oracle::ExecuteMsg>(text),
        "json adapter answer" => read::<oracle::AdapterPrice>(text),
        "toml keeper" => as_file(text, |path| wicker_keeper::Config::load(Some(path), none())),
        "toml feed" => as_file(text, |path| wicker_feeder::Config::load(Some(path), none())),
        _ => Err("nothing reads it".into()),
    }
}

#[test]
fn every_message_and_every_file_on_a_page_is_read_in_full_by_what_it_is_for() {
    let mut count = 0;
    for page in pages().iter().filter(|page| page.name != RUN) {
        for block in &page.blocks {
            if ["sh", "text", "hex"].contains(&block.kind.as_str()) {
                continue;
            }
            count += 1;
            let (at, kind, text) = (&block.at, &block.kind, &block.text);
            document(kind, text).unwrap_or_else(|why| panic!("{at}: `{kind}`: {why}"));
        }
    }
    assert!(count >= 25, "{count} documents were found");
}
