//! The server. It has a thread of its own, so that it answers while the program works, and the program works whatever its clients do:
//! a connection is for one request, has a few seconds and a small head, and there are only so many at once.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{oneshot, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::answer::answer;
use crate::status::Status;

/// Seconds for the head of a request to arrive.
const HEAD: Duration = Duration::from_secs(5);
/// Seconds for a whole exchange, so that a client that reads slowly is let go too.
const EXCHANGE: Duration = Duration::from_secs(10);
/// The longest head, in bytes.
const LONGEST_HEAD: usize = 16 << 10;
/// Most fields of a head.
const MOST_HEADERS: usize = 64;
/// Most connections at once; more wait.
const CONNECTIONS: u32 = 64;
/// Seconds that exchanges under way are given when the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// Why there is no server.
#[derive(Debug, Error)]
pub enum StatusError {
    /// The address is taken, or not this machine's, or not allowed.
    #[error("listen: {address}: {why}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        why: std::io::Error,
    },
    /// The system gives no thread or no event queue.
    #[error("the status server cannot start: {0}")]
    Start(std::io::Error),
}

/// A server that stops when it is told to, or dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on an address; port 0 lets the system choose. Errors at once when it cannot.
    pub fn start(address: SocketAddr, status: Status) -> Result<Self, StatusError> {
        let listen = |why| StatusError::Listen { address, why };
        let listener = TcpListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(StatusError::Start)?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(listen)?
        };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("status".into())
            .spawn(move || run(&runtime, listener, &status, stopped))
            .map_err(StatusError::Start)?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections and waits for those under way, a short while.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropping the sender tells it as well.
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(
    runtime: &Runtime,
    listener: tokio::net::TcpListener,
    status: &Status,
    stopped: oneshot::Receiver<()>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    runtime.block_on(async {
        tokio::select! {
            _ = stopped => {}
            () = accept(&listener, status, &places) => {}
        }
        drop(listener);
        // All places free: nobody is being answered.
        let _ = timeout(GRACE, places.acquire_many(CONNECTIONS)).await;
    });
}

async fn accept(listener: &tokio::net::TcpListener, status: &Status, places: &Arc<Semaphore>) {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, status.clone(), place));
            }
            // The system is out of something, or the client has gone already.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn serve(stream: TcpStream, status: Status, place: OwnedSemaphorePermit) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let path = request.uri().path();
        let response = answer(&status, request.method(), path, request.headers());
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false)
        .max_buf_size(LONGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    // A client that breaks off, sends no HTTP or takes too long is its own trouble.
    let _ = timeout(EXCHANGE, connection).await;
    drop(place);
}
