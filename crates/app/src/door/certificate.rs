//! The certificate that the server shows: read from two files, judged before use, read again when they change.
//!
//! A pair of files that does not fit together is never shown: while one of them is being replaced, the old pair stays.

use std::{
    fs,
    future::Future,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use anyhow::{Context, bail};
use ecom_work::{Clock, SystemClock};
use jiff::{Timestamp, tz::TimeZone};
use rustls::{
    RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::{ClientHello, ParsedCertificate, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use x509_cert::{Certificate as X509, der::Decode};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_mins(1);
/// Days before its end from which on a certificate is worth a warning: most are renewed 30 days before.
const SOON_DAYS: i64 = 14;

/// Where certificate and key are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pair {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// A certificate with its key, both judged.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) key: Arc<CertifiedKey>,
    begins: Timestamp,
    ends: Timestamp,
}

impl Pair {
    /// Reads both files. What is wrong is said with what to do.
    pub(crate) fn read(&self) -> anyhow::Result<Certificate> {
        let (cert, key) = (self.cert.display(), self.key.display());
        let chain = chain(&self.cert)?;
        let private =
            PrivateKeyDer::from_pem_slice(&read(&self.key, "--tls-key")?).ok().with_context(|| {
                format!(
                    "{key} holds no private key in PEM without a password; with certbot it is privkey.pem"
                )
            })?;
        let (begins, ends) = validity(chain.first())
            .with_context(|| format!("the first certificate in {cert} cannot be read; order it anew"))?;
        let key = CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => anyhow::anyhow!(
                "the key in {key} is not that of the first certificate in {cert}; take both from the same order, \
                 the server's own certificate first (with certbot: privkey.pem and fullchain.pem)"
            ),
            other => anyhow::anyhow!("the key in {key} cannot be used: {other}"),
        })?;
        Ok(Certificate { key: Arc::new(key), begins, ends })
    }

    /// Whether everybody on this machine may read the key.
    pub(crate) fn exposed(&self) -> Option<String> {
        let mode = fs::metadata(&self.key).ok()?.permissions().mode();
        (mode & 0o004 != 0).then(|| {
            format!(
                "everybody on this machine may read the TLS key {0}; run `chmod 600 {0}`",
                self.key.display()
            )
        })
    }

    /// What tells whether the files have changed.
    fn stamp(&self) -> Option<[(i64, i64, u64); 2]> {
        let stamp = |path: &Path| {
            let file = fs::metadata(path).ok()?;
            Some((file.mtime(), file.mtime_nsec(), file.ino()))
        };
        Some([stamp(&self.cert)?, stamp(&self.key)?])
    }
}

impl Certificate {
    /// Whether browsers take it at this time.
    pub(crate) fn judge(&self, now: Timestamp) -> anyhow::Result<()> {
        if now >= self.ends {
            bail!("the certificate ended on {}; renew it", day(self.ends));
        }
        if now < self.begins {
            bail!(
                "the certificate begins on {}, and it is {}; look at the clock",
                day(self.begins),
                day(now)
            );
        }
        Ok(())
    }

    /// Whole days until it ends.
    pub(crate) fn days_left(&self, now: Timestamp) -> i64 {
        self.ends.duration_since(now).as_hours() / 24
    }

    /// What is worth a word, though it can be used: it ends soon, or is for another name than people type.
    pub(crate) fn warning(&self, now: Timestamp, host: Option<&str>) -> Option<String> {
        let days = self.days_left(now);
        if let Some(host) = host.filter(|host| !self.is_for(host)) {
            Some(format!(
                "the certificate is not for {host}, so browsers will refuse it; order one for this name"
            ))
        } else if days < SOON_DAYS {
            Some(format!("the certificate ends in {days} days, on {}; renew it", day(self.ends)))
        } else {
            None
        }
    }

    /// Whether browsers, which know the public authorities alone, would find one that signed it for this host. Where
    /// the file lacks the certificates between, they don't either.
    pub(crate) fn is_publicly_signed(&self, host: &str, now: Timestamp) -> bool {
        let (Some(name), [own, between @ ..]) = (server_name(host), &self.key.cert[..]) else { return false };
        let known = Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
        let provider = Arc::new(ring::default_provider());
        let Ok(browser) = WebPkiServerVerifier::builder_with_provider(known, provider).build() else {
            return false;
        };
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        browser.verify_server_cert(own, between, &name, &[], now).is_ok()
    }

    fn is_for(&self, host: &str) -> bool {
        let Some(name) = server_name(host) else { return false };
        let parsed = self.key.end_entity_cert().and_then(ParsedCertificate::try_from);
        parsed.is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, &name).is_ok())
    }
}

/// A name or an address, without the brackets that an address of IPv6 has in a URL.
fn server_name(host: &str) -> Option<ServerName<'_>> {
    ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']')).ok()
}

fn read(path: &Path, flag: &str) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}, which {flag} names", path.display()))
}

fn chain(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let pem = read(path, "--tls-cert")?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .ok()
        .with_context(|| format!("{} is damaged: it is no PEM file", path.display()))?;
    if chain.is_empty() {
        bail!("{} holds no certificate in PEM; with certbot it is fullchain.pem", path.display());
    }
    Ok(chain)
}

fn validity(certificate: Option<&CertificateDer<'_>>) -> Option<(Timestamp, Timestamp)> {
    let certificate = X509::from_der(certificate?).ok()?;
    let validity = certificate.tbs_certificate().validity();
    let instant = |time: x509_cert::time::Time| {
        Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok()
    };
    Some((instant(validity.not_before)?, instant(validity.not_after)?))
}

fn day(at: Timestamp) -> jiff::civil::Date {
    TimeZone::UTC.to_datetime(at).date()
}

/// TLS 1.2 and 1.3 with the suites of rustls, all of which have forward secrecy; inside HTTP/1.1, or what else is named.
pub(crate) fn config(
    shown: Arc<dyn ResolvesServerCert>,
    other: Option<&[u8]>,
) -> anyhow::Result<Arc<ServerConfig>> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_no_client_auth().with_cert_resolver(shown);
    config.alpn_protocols = [b"http/1.1".as_slice()].into_iter().chain(other).map(<[u8]>::to_vec).collect();
    Ok(Arc::new(config))
}

/// The certificate that is shown now.
#[derive(Debug)]
pub(crate) struct Shown {
    pair: Pair,
    now: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Shown {
    /// Reads the files for the first time: what cannot be used keeps the server from starting.
    pub(crate) fn open(pair: Pair, host: &str) -> anyhow::Result<Arc<Self>> {
        let now = SystemClock.now();
        let certificate = pair.read()?;
        certificate.judge(now).with_context(|| pair.cert.display().to_string())?;
        for warning in [certificate.warning(now, Some(host)), pair.exposed()].into_iter().flatten() {
            tracing::warn!("{warning}");
        }
        Ok(Arc::new(Self { pair, now: RwLock::new(certificate.key) }))
    }

    /// Reads the files again. If they cannot be used, what was shown stays.
    fn renew(&self) -> anyhow::Result<()> {
        let certificate = self.pair.read()?;
        certificate.judge(SystemClock.now())?;
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = certificate.key;
        Ok(())
    }

    /// Looks now and then, and on SIGHUP, whether the files have changed. From the call on, SIGHUP ends nothing.
    pub(crate) fn keep(self: Arc<Self>) -> impl Future<Output = ()> {
        let mut hang_up = signal(SignalKind::hangup()).ok();
        let mut known = self.pair.stamp();
        async move {
            loop {
                let asked = tokio::select! {
                    () = hung_up(&mut hang_up) => true,
                    () = tokio::time::sleep(LOOK) => false,
                };
                let stamp = self.pair.stamp();
                if !asked && stamp == known {
                    continue;
                }
                known = stamp;
                match self.renew() {
                    Ok(()) => tracing::info!("the TLS certificate was read again"),
                    Err(error) => tracing::error!("the old TLS certificate stays: {error:#}"),
                }
            }
        }
    }
}

async fn hung_up(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};

    use super::*;

    const HOST: &str = "books.example.in";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A certificate for 2026, with its key, as PEM.
    fn made() -> (String, String) {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::new(vec![HOST.to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 12, 31);
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    fn written(cert: &str, key: &str) -> (tempfile::TempDir, Pair) {
        let folder = tempfile::tempdir().unwrap();
        let pair = Pair { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        fs::write(&pair.cert, cert).unwrap();
        fs::write(&pair.key, key).unwrap();
        fs::set_permissions(&pair.key, fs::Permissions::from_mode(0o600)).unwrap();
        (folder, pair)
    }

    #[test]
    fn a_certificate_is_good_for_its_time_and_its_names() {
        let (cert, key) = made();
        let (_folder, pair) = written(&cert, &key);
        let certificate = pair.read().unwrap();
        let now = at("2026-11-30T12:00:00Z");
        assert!(certificate.judge(now).is_ok() && certificate.days_left(now) == 30);
        assert!(!certificate.is_publicly_signed(HOST, now));
        assert_eq!(certificate.warning(now, Some(HOST)), None);
        assert_eq!(certificate.warning(now, Some("127.0.0.1")), None);
        assert!(
            certificate.warning(now, Some("shop.example.in")).unwrap().contains("not for shop.example.in")
        );
        assert!(
            certificate
                .warning(at("2026-12-20T12:00:00Z"), Some(HOST))
                .unwrap()
                .contains("ends in 10 days, on 2026-12-31")
        );
        assert!(
            certificate
                .judge(at("2026-12-31T00:00:00Z"))
                .unwrap_err()
                .to_string()
                .contains("ended on 2026-12-31")
        );
        assert!(
            certificate
                .judge(at("2025-12-31T00:00:00Z"))
                .unwrap_err()
                .to_string()
                .contains("look at the clock")
        );
    }

    #[test]
    fn files_that_cannot_be_used_are_told_with_what_to_do() {
        let ((cert, key), (_, other)) = (made(), made());
        let told = |cert: &str, key: &str| format!("{:#}", written(cert, key).1.read().unwrap_err());
        assert!(told(&cert, &other).contains("take both from the same order"), "{}", told(&cert, &other));
        assert!(told(&key, &key).contains("holds no certificate"), "{}", told(&key, &key));
        assert!(told(&cert, &cert).contains("holds no private key"), "{}", told(&cert, &cert));
        let cut = &cert[..cert.len() - 40];
        assert!(told(cut, &key).contains("no PEM file"), "{}", told(cut, &key));
        let gone = Pair { cert: "/nonexistent/cert.pem".into(), key: "/nonexistent/key.pem".into() };
        assert!(format!("{:#}", gone.read().unwrap_err()).contains("--tls-cert"));
    }

    #[test]
    fn a_key_that_everybody_may_read_is_told() {
        let (cert, key) = made();
        let (_folder, pair) = written(&cert, &key);
        assert_eq!(pair.exposed(), None);
        fs::set_permissions(&pair.key, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(pair.exposed().unwrap().contains("chmod 600"));
    }
}
