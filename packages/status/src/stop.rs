//! Being told to stop.

use std::future::Future;
use std::io;

use tokio::signal::unix::{signal, SignalKind};

/// Done when the program gets an interrupt or a termination signal. From now on neither ends it by itself. Needs a tokio runtime with
/// its drivers.
pub fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        let one = std::pin::pin!(interrupt.recv());
        let other = std::pin::pin!(terminate.recv());
        tokio::select! {
            _ = one => {}
            _ = other => {}
        }
    })
}
