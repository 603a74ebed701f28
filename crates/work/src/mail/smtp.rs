//! Mail by SMTP: over TLS, or in plain to this machine only.

use std::{
    fmt,
    net::IpAddr,
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::{ExposeSecret, SecretString};

use super::{Address, Parcel, Post, PostFault};

/// Longest wait for one answer of the server.
const ANSWER_MOST: Duration = Duration::from_secs(30);
/// Longest time for one mail; less than a job's lease of 60 s needs no renewal.
const SEND_MOST: Duration = Duration::from_secs(50);

/// How the connection is kept private.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Security {
    /// TLS from the first byte (`smtps://`).
    Tls,
    /// TLS after STARTTLS, without which nothing is sent (`smtp://`).
    StartTls,
    /// None: only to this machine (`smtp-plain://`).
    Plain,
}

/// Where the mail server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is kept private.
    pub security: Security,
}

/// Settings that make no sense; says what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// The URL.
    #[error("`{0}` is no mail server; it looks like smtp://mail.example.in or smtps://mail.example.in:465")]
    Url(String),
    /// Plain to another machine.
    #[error(
        "mail and password would go to {0} unencrypted; write smtp:// (STARTTLS) or smtps:// (TLS). Plain SMTP is for this machine only, such as smtp-plain://127.0.0.1:25"
    )]
    Plain(String),
    /// The certificate file.
    #[error("the certificate of the mail server's authority is no PEM file")]
    Authority,
    /// Anything else about TLS.
    #[error("TLS: {0}")]
    Tls(String),
    /// The sender's address.
    #[error("the address to send from: {0}")]
    From(#[from] super::AddressError),
}

impl Connection {
    /// Reads `smtp://HOST[:PORT]`, `smtps://HOST[:PORT]` or `smtp-plain://HOST[:PORT]`.
    pub fn read(url: &str) -> Result<Self, SmtpError> {
        let fault = || SmtpError::Url(url.to_owned());
        let (scheme, rest) = url.trim().split_once("://").ok_or_else(fault)?;
        let (security, usual) = match scheme {
            "smtps" => (Security::Tls, 465),
            "smtp" => (Security::StartTls, 587),
            "smtp-plain" => (Security::Plain, 25),
            _ => return Err(fault()),
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(usual), |port| port.parse().map_err(|_| fault()))?;
        let named = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte));
        if host.is_empty() || !named {
            return Err(fault());
        }
        if security == Security::Plain && !is_here(host) {
            return Err(SmtpError::Plain(host.to_owned()));
        }
        Ok(Self { host: host.to_owned(), port, security })
    }
}

/// Whether a host is this machine, by its name or number.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let security = match self.security {
            Security::Tls => "TLS",
            Security::StartTls => "STARTTLS",
            Security::Plain => "plain",
        };
        write!(f, "{}:{} ({security})", self.host, self.port)
    }
}

/// Everything that sending by SMTP needs.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// The server.
    pub connection: Connection,
    /// Name and password to sign in with.
    pub login: Option<(String, SecretString)>,
    /// Whom mail comes from.
    pub from: Address,
    /// Certificate, in PEM, of an authority to trust beside the public ones.
    pub authority: Option<Vec<u8>>,
}

/// Sends mail by SMTP. Each mail has a connection of its own, so that none suffers from what another left behind.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
}

impl Smtp {
    /// A sender with these settings. Nothing is asked of the server yet.
    pub fn new(settings: &SmtpSettings) -> Result<Self, SmtpError> {
        let Connection { host, port, security } = &settings.connection;
        if *security == Security::Plain && !is_here(host) {
            return Err(SmtpError::Plain(host.clone()));
        }
        let tls = match security {
            Security::Plain => Tls::None,
            Security::StartTls => Tls::Required(trust(host, settings.authority.as_deref())?),
            Security::Tls => Tls::Wrapper(trust(host, settings.authority.as_deref())?),
        };
        let domain = settings.from.domain().to_owned();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(*port)
            .tls(tls)
            .hello_name(ClientId::Domain(domain.clone()))
            .timeout(Some(ANSWER_MOST));
        if let Some((user, password)) = &settings.login {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            builder = builder.credentials(credentials);
        }
        let from = mailbox(&settings.from).map_err(|_| super::AddressError::Address)?;
        Ok(Self { transport: builder.build(), from, domain })
    }

    /// Signs in and says goodbye: whether the server is there and lets us in.
    pub async fn check(&self) -> Result<(), PostFault> {
        match tokio::time::timeout(SEND_MOST, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(PostFault::Later("the mail server does not answer as it should".to_owned())),
            Ok(Err(error)) => Err(fault(&error)),
            Err(_) => Err(slow()),
        }
    }

    fn message(&self, parcel: &Parcel) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
        let field = |name: &'static str, value: &str| {
            HeaderName::new_from_ascii(name.to_owned()).map(|name| HeaderValue::new(name, value.to_owned()))
        };
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(mailbox(&parcel.to)?)
            .subject(&*parcel.content.subject)
            .date(system_time(parcel.at))
            .message_id(Some(parcel.message_id.clone()))
            // Nobody's vacation notice should answer (RFC 3834).
            .raw_header(field("Auto-Submitted", "auto-generated")?);
        if let Some(url) = &parcel.content.withdraw {
            builder = builder.raw_header(field("List-Unsubscribe", &format!("<{url}>"))?);
        }
        let (text, html) = (parcel.content.text.clone(), parcel.content.html.clone());
        Ok(builder.multipart(MultiPart::alternative_plain_html(text, html))?)
    }
}

impl Post for Smtp {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<(), PostFault>> {
        Box::pin(async move {
            let message = self
                .message(parcel)
                .map_err(|_| PostFault::Never("its head or address cannot be written".to_owned()))?;
            match tokio::time::timeout(SEND_MOST, self.transport.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(fault(&error)),
                Err(_) => Err(slow()),
            }
        })
    }

    fn domain(&self) -> &str {
        &self.domain
    }
}

fn trust(host: &str, authority: Option<&[u8]>) -> Result<TlsParameters, SmtpError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = authority {
        // A file without any certificate in it would be taken as none.
        let some = String::from_utf8_lossy(pem).contains("-----BEGIN CERTIFICATE-----");
        let certificate = Certificate::from_pem(pem).ok().filter(|_| some).ok_or(SmtpError::Authority)?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|error| SmtpError::Tls(error.to_string()))
}

/// The instant as the library wants it, to the second as a head shows it.
fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0))
}

fn mailbox(address: &Address) -> Result<Mailbox, lettre::address::AddressError> {
    let name = (!address.name().is_empty()).then(|| address.name().to_owned());
    Ok(Mailbox::new(name, address.address().parse()?))
}

fn slow() -> PostFault {
    PostFault::Later(format!("the mail server took longer than {} s", SEND_MOST.as_secs()))
}

/// The server's answer as a fault: its codes only, since its words may repeat the reader's address.
fn fault(error: &lettre::transport::smtp::Error) -> PostFault {
    let said = error.to_string();
    let Some(code) = error.status() else { return PostFault::Later(network(error, &said)) };
    let code = code.to_string();
    let told = match detail(&said) {
        Some(detail) => format!("the mail server answered {code} {detail}"),
        None => format!("the mail server answered {code}"),
    };
    // Signing in failed, or is asked for: our settings are wrong, not this mail.
    let ours = ["530", "534", "535", "538"].contains(&code.as_str());
    if error.is_permanent() && !ours {
        return PostFault::Never(told);
    }
    PostFault::Later(if ours { format!("{told}: look at TLS, user and password") } else { told })
}

/// What happened on the way, without what was said.
fn network(error: &lettre::transport::smtp::Error, said: &str) -> String {
    let what = if error.is_timeout() {
        "the mail server does not answer in time"
    } else if error.is_tls() || said.contains("certificate") {
        "TLS with the mail server failed; look at its certificate"
    } else if error.is_client() {
        "the mail server does not offer what is needed, such as STARTTLS or signing in"
    } else {
        "no connection to the mail server, or it broke off"
    };
    what.to_owned()
}

/// The enhanced status code (RFC 3463) in an answer, such as `5.1.1`.
fn detail(said: &str) -> Option<&str> {
    let is_code = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        let digits =
            |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.len() == 3 && parts.iter().all(digits) && ["2", "4", "5"].contains(&parts[0])
    };
    said.split_whitespace().find(is_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<(String, u16, Security)> {
        Connection::read(url).ok().map(|one| (one.host, one.port, one.security))
    }

    #[test]
    fn a_url_says_where_and_how_private() {
        let known = |host: &str, port, security| Some((host.to_owned(), port, security));
        assert_eq!(read("smtps://mail.example.in"), known("mail.example.in", 465, Security::Tls));
        assert_eq!(read("smtp://mail.example.in:2525/"), known("mail.example.in", 2525, Security::StartTls));
        assert_eq!(read("smtp-plain://127.0.0.1"), known("127.0.0.1", 25, Security::Plain));
        assert_eq!(read("smtp-plain://[::1]:1025"), known("::1", 1025, Security::Plain));
        for wrong in [
            "mail.example.in",
            "http://mail",
            "smtp://",
            "smtp://mail:port",
            "smtp://a b",
            "smtps://u:p@host",
        ] {
            assert!(matches!(Connection::read(wrong), Err(SmtpError::Url(_))), "{wrong}");
        }
    }

    #[test]
    fn nothing_goes_unencrypted_to_another_machine() {
        for other in ["mail.example.in", "10.0.0.1", "127.0.0.1.example.in", "localhost.example", "0.0.0.0"] {
            let refused = Connection::read(&format!("smtp-plain://{other}")).unwrap_err();
            assert!(matches!(refused, SmtpError::Plain(_)), "{other}: {refused}");
        }
    }

    #[test]
    fn only_codes_are_taken_from_an_answer() {
        let said = "permanent error (550): 5.1.1 <asha@example.in>: Recipient address rejected";
        assert_eq!(detail(said), Some("5.1.1"));
        assert_eq!(detail("no 1.2.3 or 5.1 or 5.1.1.1 here 10.0.0.1"), None);
    }

    #[test]
    fn settings_do_not_print_the_password() {
        let settings = SmtpSettings {
            connection: Connection::read("smtps://mail.example.in").unwrap(),
            login: Some(("books".to_owned(), "very secret".to_owned().into())),
            from: Address::read("books@example.in").unwrap(),
            authority: None,
        };
        assert!(!format!("{settings:?}").contains("very secret"));
    }
}
