//! A certificate from an authority that speaks ACME, such as Let's Encrypt: ordered for the public URL's host, proved
//! by a handshake on the same port (TLS-ALPN-01), kept in the data folder, renewed in time.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use futures_util::StreamExt;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    server::ResolvesServerCert,
};
use rustls_acme::{AcmeConfig, AcmeState, caches::DirCache};

/// The handshake that proves that a name is ours; no request follows on it.
pub(super) const PROOF: &[u8] = b"acme-tls/1";
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Where certificates come from.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct AcmeArgs {
    /// Order the certificate for the public URL's host from Let's Encrypt, whose terms you agree to. Port 443 of that
    /// host must lead here
    #[arg(long, env = "ECOM_ACME", conflicts_with = "tls_cert")]
    acme: bool,
    /// Whom the authority may write to about the certificate
    #[arg(long, env = "ECOM_ACME_CONTACT", value_name = "E-MAIL", requires = "acme")]
    acme_contact: Option<String>,
    /// Another authority
    #[arg(long, env = "ECOM_ACME_DIRECTORY", value_name = "URL", default_value = LETS_ENCRYPT)]
    acme_directory: String,
    /// File with the certificate (PEM) that the other authority's server is known by, if it is no public one
    #[arg(long, env = "ECOM_ACME_AUTHORITY", value_name = "FILE", requires = "acme")]
    acme_authority: Option<PathBuf>,
}

/// A certificate on order.
pub(crate) struct Order(AcmeState<std::io::Error>);

impl AcmeArgs {
    /// Whether a certificate is to be ordered.
    pub(crate) fn is_on(&self) -> bool {
        self.acme
    }

    /// The order for a host, kept in a folder.
    pub(crate) fn order(&self, host: &str, folder: &Path) -> anyhow::Result<Order> {
        let named = matches!(ServerName::try_from(host), Ok(ServerName::DnsName(_)));
        if !named {
            bail!("a certificate can be ordered for a name only; say which with --public-url, not {host}");
        }
        let mut config = AcmeConfig::new([host]).directory(&self.acme_directory);
        if let Some(contact) = &self.acme_contact {
            config = config.contact_push(format!("mailto:{contact}"));
        }
        if let Some(authority) = &self.acme_authority {
            config = config.client_tls_config(trusting(authority)?);
        }
        Ok(Order(config.cache(DirCache::new(folder.to_owned())).state()))
    }
}

fn trusting(authority: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let what = || format!("--acme-authority {}", authority.display());
    let pem = fs::read(authority).with_context(what)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.with_context(what)?).with_context(what)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions()?.with_root_certificates(roots);
    Ok(Arc::new(config.with_no_client_auth()))
}

impl Order {
    /// What is shown: nothing until the first certificate is there.
    pub(super) fn shown(&self) -> Arc<dyn ResolvesServerCert> {
        self.0.resolver()
    }

    /// Orders, and renews, for as long as the server runs.
    pub(super) async fn keep(mut self) {
        while let Some(event) = self.0.next().await {
            match event {
                Ok(done) => tracing::info!("certificate by ACME: {done:?}"),
                Err(error) => tracing::error!("certificate by ACME: {error}; it is tried again"),
            }
        }
    }
}
