//! The checks that a chain makes when code is stored, as `cosmwasm-check` makes them: `check FILE.wasm...`.

use std::process::ExitCode;

use cosmwasm_vm::{
    capabilities_from_csv,
    internals::{check_wasm, compile_module, Logger},
    WasmLimits,
};

/// What every chain with CosmWasm 2.0 or later offers.
const CAPABILITIES: &str =
    "iterator,staking,stargate,cosmwasm_1_1,cosmwasm_1_2,cosmwasm_1_3,cosmwasm_1_4,cosmwasm_2_0";

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("Usage: check FILE.wasm...");
        return ExitCode::FAILURE;
    }
    let mut code = ExitCode::SUCCESS;
    for file in files {
        match check(&file) {
            Ok(()) => println!("{file}: a chain would store it"),
            Err(reason) => {
                eprintln!("{file}: {reason}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

/// Static validation under the default limits, then compilation with metering; errors with the reason.
fn check(file: &str) -> Result<(), String> {
    let wasm = std::fs::read(file).map_err(|cause| cause.to_string())?;
    let capabilities = capabilities_from_csv(CAPABILITIES);
    check_wasm(&wasm, &capabilities, &WasmLimits::default(), Logger::Off)
        .map_err(|cause| cause.to_string())?;
    compile_module(&wasm, None).map_err(|cause| cause.to_string())?;
    Ok(())
}
