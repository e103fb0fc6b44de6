//! The node's process.

use std::{
    fs::File,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{kill_process, test_kill_process, Pid, Signal};

use super::{
    clock,
    place::{Net, Place},
    rpc,
};
use crate::run::{self, Failure};

/// How long a node may take to make its next block after its start, and to end.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(100);

/// The failure of what needs a running node.
pub fn not_running() -> Failure {
    Failure::Missing("the localnet is not running: `cargo xtask localnet up`".into())
}

/// Starts the node in the background; returns when it makes blocks.
pub fn start(place: &Place, program: &Path) -> Result<Net, Failure> {
    let port = port(place)?;
    let net = Net::at(place, port);
    let log = File::create(place.log()).map_err(|cause| run::file(&place.log(), cause))?;
    let errors = log
        .try_clone()
        .map_err(|cause| run::file(&place.log(), cause))?;
    let mut command = Command::new(program);
    command
        .arg("start")
        .arg("--home")
        .arg(place.home())
        .args(["--rpc.laddr", &format!("tcp://127.0.0.1:{port}")])
        // A node simulates transactions only where gRPC or REST is on.
        .args(["--grpc.enable=true", "--grpc.address"])
        .arg(format!("127.0.0.1:{}", free(0)?))
        .arg("--minimum-gas-prices")
        .arg(format!("{}{}", net.gas_price, net.denom))
        // Empty: by default it would listen at a fixed port for profiles.
        .args(["--rpc.pprof_laddr", ""])
        .arg("--log_no_color")
        .env(clock::VARIABLE, place.clock())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        // Its own group: what interrupts this program does not interrupt the node.
        .process_group(0);
    let mut child = command
        .spawn()
        .map_err(|cause| run::start(&command, cause))?;
    run::write(&place.pid(), &child.id().to_string())?;
    wait(&mut child, &net, place)?;
    net.write(place)?;
    Ok(net)
}

/// Waits for a block of this run: the first height that is answered may be an old one.
fn wait(child: &mut Child, net: &Net, place: &Place) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut first = None;
    while begun.elapsed() < PATIENCE {
        let ended = child.try_wait().ok().flatten();
        if let Some(status) = ended {
            let tail = run::tail(&place.log(), 20).unwrap_or_default();
            return Err(Failure::Missing(format!(
                "the node ended with {status}:\n{tail}"
            )));
        }
        if let Ok(status) = rpc::status(&net.rpc) {
            if status.height > *first.get_or_insert(status.height) {
                return Ok(());
            }
        }
        std::thread::sleep(PAUSE);
    }
    Err(Failure::Missing(format!(
        "the node makes no blocks; see {}",
        place.log().display()
    )))
}

/// The port of the run before, so that programs which know it find the node again; another where that one is taken.
fn port(place: &Place) -> Result<u16, Failure> {
    let before = Net::read(place).ok().and_then(|net| net.port());
    before.map_or_else(|| free(0), |port| free(port).or_else(|_| free(0)))
}

/// This port on loopback if it is free; any for 0.
fn free(port: u16) -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let address = listener.and_then(|listener| listener.local_addr());
    address
        .map(|address| address.port())
        .map_err(|cause| Failure::Missing(format!("no port is free on loopback: {cause}")))
}

/// The running node's process; a file left by one that was killed is none.
pub fn running(place: &Place) -> Result<Option<i32>, Failure> {
    let Ok(text) = std::fs::read_to_string(place.pid()) else {
        return Ok(None);
    };
    let number: i32 = text.trim().parse().unwrap_or_default();
    let alive = Pid::from_raw(number).is_some_and(|pid| test_kill_process(pid).is_ok());
    Ok((alive && is_node(place, number)).then_some(number))
}

/// Numbers of processes come again: where the system tells, the process must have been started with our home.
fn is_node(place: &Place, pid: i32) -> bool {
    let Ok(words) = std::fs::read(format!("/proc/{pid}/cmdline")) else {
        return !Path::new("/proc/self/cmdline").exists();
    };
    let home = place.home();
    words
        .split(|byte| *byte == 0)
        .any(|word| word == home.as_os_str().as_encoded_bytes())
}

/// Asks the node to end; false where there was none.
pub fn stop(place: &Place) -> Result<bool, Failure> {
    end_by(place, Signal::TERM)
}

/// Ends the node at once, whatever it is doing; false where there was none.
pub fn kill(place: &Place) -> Result<bool, Failure> {
    end_by(place, Signal::KILL)
}

fn end_by(place: &Place, signal: Signal) -> Result<bool, Failure> {
    let Some(number) = running(place)? else {
        return Ok(false);
    };
    end(place, number, signal)?;
    let _ = std::fs::remove_file(place.pid());
    Ok(true)
}

fn end(place: &Place, number: i32, signal: Signal) -> Result<(), Failure> {
    let Some(pid) = Pid::from_raw(number) else {
        return Ok(());
    };
    kill_process(pid, signal)
        .map_err(|cause| Failure::Missing(format!("process {number} cannot be ended: {cause}")))?;
    let begun = Instant::now();
    while running(place)?.is_some() {
        if begun.elapsed() > PATIENCE {
            return Err(Failure::Missing(format!("process {number} does not end")));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
