//! Lines over TCP, with or without TLS.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

/// Longest line in bytes, RFC 5321 asks for 1,000.
const MOST_LINE: usize = 8 * 1024;

/// How far TLS is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    /// There is none.
    Absent,
    /// It can be asked for by STARTTLS.
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "without TLS nobody offers it"))]
    Offered,
    /// It stands.
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "without TLS nobody has it"))]
    Done,
}

/// What the server can do of TLS.
pub(crate) struct Tls {
    start: Start,
    #[cfg(feature = "tls")]
    config: Option<std::sync::Arc<rustls::ServerConfig>>,
}

/// A server's certificate and its key, in PEM.
#[cfg(feature = "tls")]
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    /// The certificate, then those that vouch for it.
    pub chain: &'a str,
    /// Its private key.
    pub key: &'a str,
}

impl Tls {
    pub(crate) fn none() -> Self {
        Self {
            start: Start::Absent,
            #[cfg(feature = "tls")]
            config: None,
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn offered(certificate: &Certificate<'_>) -> io::Result<Self> {
        Ok(Self { start: Start::Offered, config: Some(config(certificate)?) })
    }

    #[cfg(feature = "tls")]
    pub(crate) fn from_the_first_byte(certificate: &Certificate<'_>) -> io::Result<Self> {
        Ok(Self { start: Start::Done, config: Some(config(certificate)?) })
    }
}

#[cfg(feature = "tls")]
fn config(certificate: &Certificate<'_>) -> io::Result<std::sync::Arc<rustls::ServerConfig>> {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let chain = CertificateDer::pem_slice_iter(certificate.chain.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).map_err(io::Error::other)?;
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    Ok(std::sync::Arc::new(config.map_err(io::Error::other)?))
}

enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<rustls::StreamOwned<rustls::ServerConnection, TcpStream>>),
}

/// A connection, line by line.
pub(crate) struct Wire {
    stream: Stream,
    start: Start,
    waiting: Vec<u8>,
}

impl Wire {
    #[cfg_attr(not(feature = "tls"), allow(clippy::unnecessary_wraps, reason = "only TLS can go wrong"))]
    pub(crate) fn accept(connection: TcpStream, tls: &Tls) -> io::Result<Self> {
        let wire = Self { stream: Stream::Plain(connection), start: tls.start, waiting: Vec::new() };
        match tls.start {
            #[cfg(feature = "tls")]
            Start::Done => wire.secured(tls),
            _ => Ok(wire),
        }
    }

    pub(crate) fn start(&self) -> Start {
        self.start
    }

    /// Goes on over TLS. What came before is thrown away: it may be anybody's.
    #[cfg(feature = "tls")]
    pub(crate) fn upgrade(&mut self, tls: &Tls) -> io::Result<()> {
        let Stream::Plain(plain) = &self.stream else { return Err(io::ErrorKind::InvalidData.into()) };
        let wire =
            Self { stream: Stream::Plain(plain.try_clone()?), start: Start::Offered, waiting: Vec::new() };
        *self = wire.secured(tls)?;
        Ok(())
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unused_self, reason = "with TLS it is used")]
    pub(crate) fn upgrade(&mut self, _: &Tls) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    #[cfg(feature = "tls")]
    fn secured(self, tls: &Tls) -> io::Result<Self> {
        let (Stream::Plain(plain), Some(config)) = (self.stream, &tls.config) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let connection =
            rustls::ServerConnection::new(std::sync::Arc::clone(config)).map_err(io::Error::other)?;
        let stream = Box::new(rustls::StreamOwned::new(connection, plain));
        Ok(Self { stream: Stream::Tls(stream), start: Start::Done, waiting: Vec::new() })
    }

    /// Says a line.
    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        let line = format!("{line}\r\n");
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(line.as_bytes()),
            #[cfg(feature = "tls")]
            Stream::Tls(stream) => stream.write_all(line.as_bytes()).and_then(|()| stream.flush()),
        }
    }

    /// The next line as text; none at the end.
    pub(crate) fn line(&mut self) -> io::Result<Option<String>> {
        Ok(self.raw_line()?.map(|line| String::from_utf8_lossy(&line).into_owned()))
    }

    /// The next line without its end; none at the end.
    pub(crate) fn raw_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.waiting.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.waiting.drain(..=at).collect();
                line.truncate(line.len().saturating_sub(if line.ends_with(b"\r\n") { 2 } else { 1 }));
                return Ok(Some(line));
            }
            if self.waiting.len() > MOST_LINE {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut block = [0; 4096];
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut block)?,
                #[cfg(feature = "tls")]
                Stream::Tls(stream) => stream.read(&mut block)?,
            };
            if read == 0 {
                return Ok(None);
            }
            self.waiting.extend(block.iter().take(read));
        }
    }
}
