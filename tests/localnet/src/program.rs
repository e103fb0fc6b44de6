//! `wicker` as a process: started with a command, followed by what it writes, stopped as an operator does or killed.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{channel, Receiver},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::error::Error;

/// A line that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(90);
/// Longer than anything that is waited for takes, while there are other lines.
const LONGEST: Duration = Duration::from_secs(300);

/// A running program that writes lines of JSON. It is killed when it is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Receiver<String>,
}

/// Where cargo has put it: beside this program, as of its last `cargo test` of the command line.
pub fn binary() -> Result<PathBuf, Error> {
    let own = std::env::current_exe().map_err(|why| Error::file(Path::new("wicker"), &why))?;
    let folders = own.ancestors().skip(1).take(2);
    let mut found = folders.map(|folder| folder.join("wicker"));
    found.find(|path| path.is_file()).ok_or_else(|| {
        Error::Wrong("there is no `wicker`: build it as cargo xtask e2e does".into())
    })
}

impl Program {
    /// Starts it in a folder.
    pub fn start(folder: &Path, words: &[&str]) -> Result<Self, Error> {
        let mut command = Command::new(binary()?);
        let command = command.args(words).current_dir(folder);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|why| Error::file(folder, &why))?;
        let (tell, lines) = channel();
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    // Nobody may be left to read it.
                    let _ = tell.send(line);
                }
            });
        }
        Ok(Self { child, lines })
    }

    /// The next line that fits. Errors when the program ends, falls silent or goes on and on.
    pub fn until(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Result<Value, Error> {
        let mut last = String::new();
        let begun = Instant::now();
        while begun.elapsed() < LONGEST {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                break;
            };
            match serde_json::from_str(&line) {
                Ok(value) if fits(&value) => return Ok(value),
                _ => last = line,
            }
        }
        Err(Error::Wrong(format!(
            "no line with {what}; the last was {last}"
        )))
    }

    /// Ends it as a failing machine would.
    pub fn kill(mut self) -> Result<(), Error> {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.map(|_| ()).map_err(|why| wrong(&why))
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) -> Result<ExitStatus, Error> {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        asked.map_err(|why| wrong(&why))?;
        self.child.wait().map_err(|why| wrong(&why))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wrong(why: &std::io::Error) -> Error {
    Error::Wrong(format!("the program: {why}"))
}

/// The status and the body that a server answers to a plain `GET`.
pub fn get(address: &str, path: &str) -> Result<(u16, String), Error> {
    let mut answer = String::new();
    let asked = TcpStream::connect(address).and_then(|mut stream| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        stream.read_to_string(&mut answer)
    });
    asked.map_err(|why| wrong(&why))?;
    let parts = answer.split_once("\r\n\r\n");
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    match (code, parts) {
        (Some(code), Some((_, body))) => Ok((code, body.to_string())),
        _ => Err(Error::Wrong(format!("{path}: {answer}"))),
    }
}
