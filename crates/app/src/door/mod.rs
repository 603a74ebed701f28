//! How connections come in: plain or by TLS, a named number of them, and none that dawdles for ever.
//!
//! Every wait for the other side has an end: the handshake, the head of a request, taking the answer. (The body of a
//! request is the business of `ecom-web`.) When the server ends, requests that run may finish.

#[cfg(feature = "acme")]
mod acme;
pub(crate) mod certificate;
mod crowd;
mod front;
mod redirect;

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crowd::Crowd;
pub(crate) use front::{Front, TlsArgs};

/// Connections at the same time; those beyond wait in the system's queue.
const MOST_CONNECTIONS: usize = 1024;
/// Of these from one address, of a person or of the nearest router. Proxies in front may have all.
const MOST_OF_ONE: usize = 256;
/// Longest TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Longest wait for the head of a request, the first or the next on the same connection.
const HEAD: Duration = Duration::from_secs(30);
/// Longest time in which the other side takes nothing of an answer.
const STALLED: Duration = Duration::from_mins(1);
/// Bytes of a request's head, and of what is read at once.
const MOST_HEAD_BYTES: usize = 64 << 10;
/// How long requests may run on when the server ends; the unit of systemd waits 60 s.
const GRACE: Duration = Duration::from_secs(45);
/// Pause after a connection could not be accepted: out of files, for example.
const BREATH: Duration = Duration::from_secs(1);

/// A port that is open, and who may come in by it.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    /// None: unencrypted.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// All come from a proxy's address.
    pub(crate) behind_proxy: bool,
}

impl Door {
    /// Answers until `stop`, then lets requests that run finish.
    pub(crate) async fn serve(self, app: Router, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let turns = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let crowd = Crowd::new(if self.behind_proxy { MOST_CONNECTIONS } else { MOST_OF_ONE });
        let acceptor = self.tls.map(TlsAcceptor::from);
        let graceful = GracefulShutdown::new();
        let mut stop = pin!(stop);
        loop {
            let next = async {
                let turn = Arc::clone(&turns).acquire_owned().await?;
                anyhow::Ok((turn, accept(&self.listener).await))
            };
            let (turn, (stream, peer)) = tokio::select! {
                next = next => next.context("the server ended")?,
                () = &mut stop => break,
            };
            let Some(place) = crowd.enter(peer.ip()) else { continue };
            let (app, acceptor, watcher) = (app.clone(), acceptor.clone(), graceful.watcher());
            ecom_work::spawn("connection", async move {
                if let Err(error) = connection(stream, peer, acceptor, app, watcher).await {
                    tracing::debug!(%error, "a connection ended early");
                }
                drop((turn, place));
            });
        }
        drop(self.listener);
        if timeout(GRACE, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests that ran on for {} s after the end were cut off", GRACE.as_secs());
        }
        Ok(())
    }
}

/// The next connection. What fails is the connection, or the system for a while; never the server.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(connection) => return connection,
            Err(error) if of_the_other_side(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection cannot be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

fn of_the_other_side(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    app: Router,
    watcher: Watcher,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = Box::pin(TimeoutStream::new(stream));
    stream.as_mut().set_write_timeout_pinned(Some(STALLED));
    match acceptor {
        None => answer(stream, peer, app, watcher).await?,
        Some(acceptor) => {
            let stream = timeout(HANDSHAKE, acceptor.accept(stream)).await.context("the handshake")??;
            answer(stream, peer, app, watcher).await?;
        }
    }
    Ok(())
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    peer: SocketAddr,
    app: Router,
    watcher: Watcher,
) -> hyper::Result<()> {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let app = app.clone();
        async move {
            Ok::<_, Infallible>(
                app.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {}),
            )
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MOST_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    watcher.watch(connection).await
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::Notify,
    };

    use super::*;

    /// Serves on a port of its own until told to stop.
    async fn opened(
        app: Router,
        tls: Option<Arc<ServerConfig>>,
    ) -> (SocketAddr, Arc<Notify>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let door = Door { listener, tls, behind_proxy: false };
        let served = ecom_work::spawn("door", async move {
            door.serve(app, async move { stopped.notified().await }).await.unwrap();
        });
        (address, stop, served)
    }

    async fn asked(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        stream
    }

    #[tokio::test]
    async fn a_request_that_runs_when_the_server_ends_is_answered() {
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (begins, goes) = (Arc::clone(&begun), Arc::clone(&go));
        let app = Router::new().route(
            "/",
            get(async move |ConnectInfo(peer): ConnectInfo<SocketAddr>| {
                begins.notify_one();
                goes.notified().await;
                peer.to_string()
            }),
        );
        let (address, stop, served) = opened(app, None).await;
        let mut stream = asked(address).await;
        begun.notified().await;
        stop.notify_one();
        // Nobody new comes in any more; who is in gets an answer, and then the connection ends.
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        go.notify_one();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.ends_with(&stream.local_addr().unwrap().to_string()), "{answer}");
        served.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_ends_the_head_of_a_request_is_sent_away() {
        let (address, ..) = opened(Router::new(), None).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(!answer.contains("200"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_begins_a_handshake_is_sent_away() {
        #[derive(Debug)]
        struct Nothing;
        impl rustls::server::ResolvesServerCert for Nothing {
            fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
                None
            }
        }
        let tls = certificate::config(Arc::new(Nothing), None).unwrap();
        let (address, ..) = opened(Router::new(), Some(tls)).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_head_beyond_its_limit_is_refused() {
        let (address, ..) = opened(Router::new(), None).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head =
            format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(2 * MOST_HEAD_BYTES));
        // The server may hang up while it is still being sent.
        _ = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}
