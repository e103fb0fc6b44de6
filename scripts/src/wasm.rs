//! The contracts as wasm that every CosmWasm chain accepts.
//!
//! Today's Rust precompiles its standard library for wasm with features that chains refuse (bulk memory), so the library is compiled
//! anew for the first version of wasm. That needs the library's source, found in this order: the active toolchain's `rust-src`
//! component, the system's packaged compiler with its source, and, where neither is there, whichever of the two can be installed.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

use crate::run::{self, Failure};

const CONTRACTS: [&str; 2] = ["wicker-cdp", "wicker-oracle"];
/// Every contract is smaller, in bytes. Chains refuse more than 800 KiB.
const LIMIT: usize = 600_000;
/// The standard library with what it is made of, and the libraries of text.
const UNCHECKED: [&str; 9] = [
    "core",
    "alloc",
    "std",
    "compiler_builtins",
    "dlmalloc",
    "rustc-demangle",
    "base64",
    "serde_core",
    "serde_json",
];
const TARGET: &str = "wasm32-unknown-unknown";
const BINARYEN: &str = "132.0.0";
const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Which compiler to take where there are two.
#[derive(Clone, Copy, PartialEq)]
pub enum Prefer {
    /// The one that runs this program.
    Active,
    /// The one of the system's packages.
    Distribution,
}

/// Builds, shrinks, measures and checks the contracts.
pub fn build(prefer: Prefer) -> Result<(), Failure> {
    let root = run::root();
    compile(
        &toolchain(prefer)?,
        &root,
        CONTRACTS.map(|contract| ["-p", contract]).as_flattened(),
    )?;
    let wasm_opt = wasm_opt(&root)?;
    let artifacts = root.join("artifacts");
    std::fs::create_dir_all(&artifacts).map_err(|cause| Failure::File {
        path: artifacts.display().to_string(),
        cause,
    })?;
    let (mut checksums, mut findings, mut files) = (String::new(), Vec::new(), Vec::new());
    for contract in CONTRACTS {
        let name = format!("{}.wasm", contract.replace('-', "_"));
        let built = root
            .join("target/wasm")
            .join(TARGET)
            .join("release")
            .join(&name);
        let file = artifacts.join(&name);
        shrink(&wasm_opt, &built, &file)?;
        let bytes = run::read_bytes(&file)?;
        println!("{name}: {} bytes of less than {LIMIT}", bytes.len());
        if bytes.len() >= LIMIT {
            findings.push(format!("{name} has {} bytes, {LIMIT} or more", bytes.len()));
        }
        checksums.push_str(&format!("{:x}  {name}\n", Sha256::digest(&bytes)));
        files.push(file);
    }
    run::write(&artifacts.join("checksums.txt"), &checksums)?;
    Failure::of(&findings)?;
    check(&root, &files)
}

/// Builds `tests/vm/bench`, which is measured and never stored, in the contracts' way.
pub fn bench() -> Result<(), Failure> {
    let root = run::root();
    compile(
        &toolchain(Prefer::Active)?,
        &root,
        &["--manifest-path", "tests/vm/bench/Cargo.toml"],
    )?;
    let folder = root.join("target/wasm").join(TARGET).join("release");
    shrink(
        &wasm_opt(&root)?,
        &folder.join("wicker_vm_bench.wasm"),
        &folder.join("bench.wasm"),
    )
}

/// Builds `tests/floor`, with which the cost of the contracts is compared on a chain, in their way.
pub fn floor() -> Result<(), Failure> {
    let root = run::root();
    compile(&toolchain(Prefer::Active)?, &root, &["-p", "wicker-floor"])?;
    let folder = root.join("target/wasm").join(TARGET).join("release");
    shrink(
        &wasm_opt(&root)?,
        &folder.join("wicker_floor.wasm"),
        &folder.join("floor.wasm"),
    )
}

/// A compiler with the source of its standard library, and a linker for wasm.
#[derive(Debug)]
struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    linker: PathBuf,
}

fn toolchain(prefer: Prefer) -> Result<Toolchain, Failure> {
    let find = || match prefer {
        Prefer::Active => active().or_else(distribution),
        Prefer::Distribution => distribution(),
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    if prefer == Prefer::Active && run::exists("rustup") {
        let _ = run::run(Command::new("rustup").args(["component", "add", "rust-src"]));
    }
    if find().is_none() && run::exists("apt-get") {
        let _ = run::run(Command::new("apt-get").args(["update", "-qq"]));
        let _ = run::run(
            Command::new("apt-get")
                .args(["install", "-y", "-qq", "--no-install-recommends"])
                .args(PACKAGES),
        );
    }
    find().ok_or_else(|| {
        Failure::Missing(format!(
            "the source of Rust's standard library is missing, and installing it failed.\n\
             With rustup: `rustup component add rust-src`.\n\
             On Debian or Ubuntu, as root: `apt-get install {}`, version 1.95 or later, \
             and a linker, `rust-lld` of a rustup toolchain or `wasm-ld` of the package lld.",
            PACKAGES.join(" ")
        ))
    })
}

/// The toolchain in use, if its source is there.
fn active() -> Option<Toolchain> {
    let sysroot = sysroot(Path::new("rustc"))?;
    source(&sysroot)?;
    Some(Toolchain {
        cargo: "cargo".into(),
        rustc: "rustc".into(),
        linker: linker()?,
    })
}

/// The packaged compiler, if it is new enough and its source is there.
fn distribution() -> Option<Toolchain> {
    let (cargo, rustc) = (
        PathBuf::from("/usr/bin/cargo"),
        PathBuf::from("/usr/bin/rustc"),
    );
    if !cargo.exists() || !new_enough(&rustc) {
        return None;
    }
    source(&sysroot(&rustc)?)?;
    Some(Toolchain {
        cargo,
        rustc,
        linker: linker()?,
    })
}

fn sysroot(rustc: &Path) -> Option<PathBuf> {
    let path = run::output(Command::new(rustc).args(["--print", "sysroot"])).ok()?;
    Some(PathBuf::from(path))
}

/// The standard library's source under a sysroot.
fn source(sysroot: &Path) -> Option<PathBuf> {
    let library = sysroot.join("lib/rustlib/src/rust/library");
    library.join("Cargo.lock").exists().then_some(library)
}

/// True from the version that the workspace asks for.
fn new_enough(rustc: &Path) -> bool {
    let text = run::output(Command::new(rustc).arg("--version")).unwrap_or_default();
    text.split_whitespace().nth(1).and_then(minor) >= minor(env!("CARGO_PKG_RUST_VERSION"))
}

/// The second number of a version.
fn minor(version: &str) -> Option<u32> {
    version.split('.').nth(1)?.parse().ok()
}

/// The active toolchain's linker, or the system's.
fn linker() -> Option<PathBuf> {
    let host = run::output(Command::new("rustc").arg("-vV")).ok()?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: "))?;
    let own = sysroot(Path::new("rustc"))?
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    if own.exists() {
        return Some(own);
    }
    run::exists("wasm-ld").then(|| "wasm-ld".into())
}

fn compile(toolchain: &Toolchain, root: &Path, what: &[&str]) -> Result<(), Failure> {
    let mut command = Command::new(&toolchain.cargo);
    command
        .current_dir(root)
        // The options that rebuild the standard library are not stable yet.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", &toolchain.rustc)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root).join("\u{1f}"))
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER",
            &toolchain.linker,
        )
        .args([
            "build",
            "--release",
            "--lib",
            "--locked",
            "--target",
            TARGET,
        ])
        .args([
            "--target-dir",
            "target/wasm",
            "-Z",
            "build-std=std,panic_abort",
        ])
        .args(["-Z", "build-std-features=optimize_for_size"]);
    // What reckons with lengths of text and memory alone is built as it is shipped, without checks of its arithmetic. Everything
    // else keeps them.
    for library in UNCHECKED {
        let setting = format!("profile.release.package.{library}.overflow-checks=false");
        command.args(["--config", &setting]);
    }
    command.args(what);
    run::run(&mut command)
}

/// First version of wasm, imports left to the chain, panics without text, no symbols, no paths of this machine.
fn flags(root: &Path) -> Vec<String> {
    let mut flags: Vec<String> = [
        "-Ctarget-cpu=mvp",
        "-Clink-arg=-s",
        "-Clink-arg=--allow-undefined",
        "-Zunstable-options",
        "-Cpanic=immediate-abort",
        "-Zlocation-detail=none",
        "-Zfmt-debug=shallow",
    ]
    .map(String::from)
    .to_vec();
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
    for (path, name) in [(Some(root.to_path_buf()), "wicker"), (cargo, "cargo")] {
        if let Some(path) = path {
            flags.push(format!("--remap-path-prefix={}={name}", path.display()));
        }
    }
    flags
}

/// The pinned `wasm-opt`, fetched from the npm registry the first time.
fn wasm_opt(root: &Path) -> Result<PathBuf, Failure> {
    let folder = root
        .join("target/tools")
        .join(format!("binaryen-{BINARYEN}"));
    let program = folder.join("node_modules/.bin/wasm-opt");
    if program.exists() {
        return Ok(program);
    }
    if !run::exists("npm") {
        return Err(Failure::Missing(format!(
            "`npm` is missing (package nodejs or npm of the system): `wasm-opt` comes from its package binaryen {BINARYEN}"
        )));
    }
    std::fs::create_dir_all(&folder).map_err(|cause| Failure::File {
        path: folder.display().to_string(),
        cause,
    })?;
    run::run(
        Command::new("npm")
            .args([
                "install",
                "--no-save",
                "--no-package-lock",
                "--no-audit",
                "--no-fund",
                "--prefix",
            ])
            .arg(&folder)
            .arg(format!("binaryen@{BINARYEN}")),
    )?;
    Ok(program)
}

/// Nothing lives in the first kilobyte of a contract's memory but the last of its stack: an address that overflows it traps.
fn shrink(wasm_opt: &Path, built: &Path, file: &Path) -> Result<(), Failure> {
    run::run(
        Command::new(wasm_opt)
            .args(["--mvp-features", "--enable-mutable-globals", "-Oz"])
            .args(["--low-memory-unused", "--converge"])
            .arg(built)
            .arg("-o")
            .arg(file),
    )
}

/// The checks a chain makes when code is stored, by the program of `tests/vm`.
fn check(root: &Path, files: &[PathBuf]) -> Result<(), Failure> {
    run::run(
        Command::new("cargo")
            .current_dir(root)
            .args([
                "run",
                "--quiet",
                "--locked",
                "--manifest-path",
                "tests/vm/Cargo.toml",
                "--bin",
                "check",
                "--",
            ])
            .args(files),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(minor("1.95.0"), Some(95));
        assert!(minor("1.100.1") > minor("1.95"));
        assert_eq!(minor("nightly"), None);
    }

    #[test]
    fn a_missing_compiler_is_not_new_enough() {
        assert!(!new_enough(Path::new("no-such-compiler")));
    }

    #[test]
    fn the_build_names_no_folder_of_this_machine() {
        let flags = flags(Path::new("some folder/project"));
        assert!(flags.contains(&"--remap-path-prefix=some folder/project=wicker".to_string()));
    }
}
