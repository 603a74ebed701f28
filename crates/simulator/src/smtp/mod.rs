//! A mail server that keeps what it is sent, with faults on demand: for tests, and to look at mail without sending any.
//!
//! It speaks SMTP (RFC 5321) over TCP from its own reading of the standard. A fault is for one connection: the first
//! planned one for the next connection, and so on.

mod decode;
mod session;
mod wire;

use std::{
    collections::VecDeque,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

#[cfg(feature = "tls")]
pub use wire::Certificate;

/// A point of the conversation at which the server can say no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SmtpStage {
    /// Its first line.
    Greeting,
    /// Signing in.
    Auth,
    /// Who sends.
    Sender,
    /// Who gets it.
    Recipient,
    /// Before the mail itself.
    Data,
    /// After the mail itself.
    End,
}

/// What goes wrong in one connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SmtpFault {
    /// The connection is closed at once.
    HangUp,
    /// The server answers with this code and text.
    Answer(SmtpStage, u16, &'static str),
    /// The connection is closed in the middle of the mail, which is not taken.
    CutInMail,
    /// The mail is taken, and the connection is closed before the server says so.
    CutBeforeYes,
    /// The mail is taken, and the server says nothing until the other side goes away.
    HoldYes,
}

/// A mail that was taken.
#[derive(Clone, Debug)]
pub struct TakenMail {
    /// Who sent it, by the envelope.
    pub from: String,
    /// Who gets it, by the envelope.
    pub to: Vec<String>,
    /// Who had signed in.
    pub user: Option<String>,
    /// Whether it came over TLS.
    pub tls: bool,
    /// The mail: head and body.
    pub data: Vec<u8>,
}

/// A mail server on a free port of this machine; it ends when dropped.
pub struct SmtpSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<thread::JoinHandle<()>>,
}

pub(crate) struct Shared {
    pub(crate) mails: Mutex<Vec<TakenMail>>,
    faults: Mutex<VecDeque<SmtpFault>>,
    ended: AtomicBool,
    open: AtomicUsize,
    pub(crate) login: Option<(String, String)>,
    pub(crate) tls: wire::Tls,
}

impl SmtpSink {
    /// Starts one that speaks without TLS and lets anybody in.
    pub fn start() -> io::Result<Self> {
        Self::with(None, wire::Tls::none())
    }

    /// Starts one that lets in only who signs in with this name and password.
    pub fn with_login(user: &str, password: &str) -> io::Result<Self> {
        Self::with(Some((user.to_owned(), password.to_owned())), wire::Tls::none())
    }

    /// Starts one that takes mail only after STARTTLS.
    #[cfg(feature = "tls")]
    pub fn with_starttls(certificate: &Certificate) -> io::Result<Self> {
        Self::with(None, wire::Tls::offered(certificate)?)
    }

    /// Starts one that speaks TLS from the first byte.
    #[cfg(feature = "tls")]
    pub fn with_tls(certificate: &Certificate) -> io::Result<Self> {
        Self::with(None, wire::Tls::from_the_first_byte(certificate)?)
    }

    fn with(login: Option<(String, String)>, tls: wire::Tls) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let shared = Arc::new(Shared {
            mails: Mutex::default(),
            faults: Mutex::default(),
            ended: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            login,
            tls,
        });
        let address = listener.local_addr()?;
        let listening = thread::spawn({
            let shared = Arc::clone(&shared);
            move || listen(&listener, &shared)
        });
        Ok(Self { address, shared, listening: Some(listening) })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The mails it took, in their order.
    pub fn mails(&self) -> Vec<TakenMail> {
        held(&self.shared.mails).clone()
    }

    /// How many mails it took.
    pub fn taken(&self) -> usize {
        held(&self.shared.mails).len()
    }

    /// Plans a fault for the next connection that has none yet.
    pub fn plan(&self, fault: SmtpFault) {
        held(&self.shared.faults).push_back(fault);
    }

    /// Takes back the planned faults that no connection has had yet.
    pub fn forgive(&self) {
        held(&self.shared.faults).clear();
    }

    /// Connections that go on. Once the other side is gone and this is 0, all that it sent has been read.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        if shared.ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(connection) = connection else { continue };
        let fault = held(&shared.faults).pop_front();
        let shared = Arc::clone(shared);
        shared.open.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || {
            // The other side may go away at any time: that is no mistake of this one.
            drop(session::serve(connection, &shared, fault));
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

pub(crate) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
