//! What idle connections hold in a server.
#![allow(clippy::unwrap_used, unreachable_pub)]

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use test_support::alloc;
use tokio::runtime::{Builder, Runtime};

pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Octets that one idle connection holds in the server, the task included, sockets in the system excluded. The
/// server runs on this thread, whose allocations are counted; the clients run on another. `client` connects, keeps the
/// server busy for a while, and returns what keeps the connection open.
pub fn held<C>(server: &Runtime, address: SocketAddr, client: fn(&Runtime, SocketAddr) -> C) -> i64
where
    C: 'static,
{
    const CONNECTIONS: i64 = 100;
    let (ready, wait) = mpsc::channel();
    let (leave, left) = mpsc::channel::<()>();
    let clients = thread::spawn(move || {
        let runtime = runtime();
        let mut open = Vec::new();
        for number in 0..=CONNECTIONS {
            open.push(client(&runtime, address));
            // What is allocated once, by the first connection, is not counted; the server must rest by then.
            if number == 0 || number == CONNECTIONS {
                ready.send(()).unwrap();
                let _ = left.recv();
            }
        }
    });
    let until_idle = || {
        server.block_on(async {
            while wait.try_recv().is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(1500)).await;
        });
    };
    until_idle();
    let ((), info) = alloc::measure(|| {
        leave.send(()).unwrap();
        until_idle();
    });
    drop(leave);
    server.block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
    clients.join().unwrap();
    info.bytes_current / CONNECTIONS
}
