//! The ports that are open, how the server presents itself on them, and the flags that say so.

use std::{
    future::Future,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};

use anyhow::{Context, bail};
use axum::Router;
use ecom_web::Settings;
use rustls::ServerConfig;
use tokio::{net::TcpListener, sync::watch};

use super::{
    Door,
    certificate::{self, Pair, Shown},
    redirect,
};

/// TLS in this process.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct TlsArgs {
    /// File with the certificate and those that lead to its authority (PEM): with it, TLS ends in this process.
    /// Read again when it changes, and on SIGHUP
    #[arg(long, env = "ECOM_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// File with the certificate's private key (PEM), which its owner alone may read
    #[arg(long, env = "ECOM_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Address that takes unencrypted connections and sends browsers on to the public URL, such as 0.0.0.0:80
    #[arg(long, env = "ECOM_HTTP_REDIRECT", value_name = "HOST:PORT")]
    http_redirect: Option<SocketAddr>,
    #[cfg(feature = "acme")]
    #[command(flatten)]
    acme: super::acme::AcmeArgs,
}

impl TlsArgs {
    /// The files, if TLS ends here.
    pub(crate) fn pair(&self) -> Option<Pair> {
        Some(Pair { cert: self.tls_cert.clone()?, key: self.tls_key.clone()? })
    }

    /// `https` or `http`: what a browser speaks with this process.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_on() { "https" } else { "http" }
    }

    fn is_on(&self) -> bool {
        #[cfg(feature = "acme")]
        if self.acme.is_on() {
            return true;
        }
        self.tls_cert.is_some()
    }

    /// How connections are encrypted, and what keeps the certificate good meanwhile. One that is ordered is kept below
    /// `data`.
    #[cfg_attr(not(feature = "acme"), allow(unused_variables, reason = "only what is ordered needs a place"))]
    fn open(&self, host: &str, data: &Path) -> anyhow::Result<Option<Tls>> {
        #[cfg(feature = "acme")]
        if self.acme.is_on() {
            let order = self.acme.order(host, &data.join("acme"))?;
            let config = certificate::config(order.shown(), Some(super::acme::PROOF))?;
            return Ok(Some(Tls { config, keep: Box::pin(order.keep()) }));
        }
        let Some(pair) = self.pair() else { return Ok(None) };
        let shown = Shown::open(pair, host)?;
        let config = certificate::config(Arc::clone(&shown) as _, None)?;
        Ok(Some(Tls { config, keep: Box::pin(shown.keep()) }))
    }
}

struct Tls {
    config: Arc<ServerConfig>,
    keep: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// The open ports.
pub(crate) struct Front {
    pub(crate) settings: Settings,
    door: Door,
    redirect: Option<Door>,
    keep: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Front {
    /// Opens what else there is beside the first port. A certificate that cannot be shown is told at once.
    pub(crate) async fn open(
        listener: TcpListener,
        settings: Settings,
        args: &TlsArgs,
        data: &Path,
    ) -> anyhow::Result<Self> {
        let public_url = settings.public_url();
        if args.is_on() && !public_url.starts_with("https://") {
            bail!(
                "with TLS in this process the public URL begins with https://, not {public_url}: --public-url"
            );
        }
        let tls = args.open(settings.public_host(), data).context("TLS")?;
        if args.http_redirect.is_some() && tls.is_none() {
            bail!(
                "--http-redirect sends on to TLS in this process, for which there is no certificate: --tls-cert"
            );
        }
        let (tls, keep) = tls.map_or((None, None), |tls| (Some(tls.config), Some(tls.keep)));
        let behind_proxy = settings.is_behind_proxy();
        let redirect = match args.http_redirect {
            None => None,
            Some(address) => {
                let listener = TcpListener::bind(address).await;
                let listener = listener
                    .with_context(|| format!("cannot listen on {address}, which --http-redirect names"))?;
                Some(Door { listener, tls: None, behind_proxy })
            }
        };
        Ok(Self { settings, door: Door { listener, tls, behind_proxy }, redirect, keep })
    }

    /// Answers at every port until it is told to stop.
    pub(crate) async fn serve(self, app: Router, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        if let Some(keep) = self.keep {
            ecom_work::spawn("certificate", keep);
        }
        let redirect = async {
            let Some(door) = self.redirect else { return Ok(()) };
            door.serve(redirect::router(self.settings.public_url()), told(stop.clone())).await
        };
        tokio::try_join!(self.door.serve(app, told(stop.clone())), redirect)?;
        Ok(())
    }
}

/// Ends when it is told to, or nobody is left who could tell.
async fn told(mut stop: watch::Receiver<bool>) {
    _ = stop.wait_for(|stop| *stop).await;
}
