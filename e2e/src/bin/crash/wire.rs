//! A wire to a server, which can be cut and mended: the port stays.

use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

/// How a wire is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Whole,
    /// Whoever comes is sent away.
    Refusing,
    /// Whoever comes hears nothing.
    Silent,
}

#[derive(Debug, Default)]
struct Inside {
    state: State,
    /// Both ends of every connection there was.
    open: Vec<TcpStream>,
}

/// Carries every connection to a server.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
}

impl Wire {
    pub(crate) fn to(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, inside) = (listener.local_addr()?, Arc::<Mutex<Inside>>::default());
        let shared = Arc::clone(&inside);
        thread::spawn(move || listener.incoming().flatten().for_each(|client| carry(client, server, &shared)));
        Ok(Self { address, inside })
    }

    /// The end that clients connect to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts it, also under those who are talking.
    pub(crate) fn cut(&self, silent: bool) {
        self.set(if silent { State::Silent } else { State::Refusing });
    }

    /// Mends it. Who was kept waiting in silence has to come again.
    pub(crate) fn mend(&self) {
        self.set(State::Whole);
    }

    fn set(&self, state: State) {
        let mut inside = locked(&self.inside);
        inside.state = state;
        for end in inside.open.drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn locked(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

fn carry(client: TcpStream, server: SocketAddr, shared: &Mutex<Inside>) {
    let mut inside = locked(shared);
    match inside.state {
        State::Refusing => return,
        State::Silent => return inside.open.push(client),
        State::Whole => {}
    }
    let Ok(server) = TcpStream::connect(server) else { return };
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (Ok(mut from), Ok(mut to), Ok(kept)) = (from.try_clone(), to.try_clone(), from.try_clone()) else { return };
        inside.open.push(kept);
        thread::spawn(move || {
            let _ = copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::time::Duration;

    use super::*;

    fn said(address: SocketAddr) -> Option<u8> {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        stream.write_all(b"x").ok()?;
        let mut byte = [0];
        stream.read_exact(&mut byte).ok().map(|()| byte[0])
    }

    #[test]
    fn a_cut_wire_carries_nothing_and_a_mended_one_all() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Wire::to(server.local_addr().unwrap()).unwrap();
        thread::spawn(move || server.incoming().flatten().for_each(|mut stream| _ = stream.write_all(b"y")));
        for silent in [false, true] {
            assert_eq!(said(wire.address()), Some(b'y'));
            wire.cut(silent);
            assert_eq!(said(wire.address()), None);
            wire.mend();
        }
        assert_eq!(said(wire.address()), Some(b'y'));
    }
}
