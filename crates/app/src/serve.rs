//! `ecom serve`: the server and the worker in one process.

use std::{
    fs::{File, TryLockError},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};
use ecom_web::{Block, Limits, Proxies, Registration, Server, Settings};
use ecom_work::{SystemClock, mail::Mail, micros};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use crate::{
    config::{Listen, MailArgs, Place},
    door::{Front, TlsArgs},
    metrics,
    site::{self, Site},
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  ecom serve
  ecom serve --data /srv/ecom/data --root-key /etc/ecom/root-key --public-url https://books.example.in
  ecom serve --host 0.0.0.0 --port 443 --http-redirect 0.0.0.0:80 --public-url https://books.example.in \
      --tls-cert /etc/ecom/fullchain.pem --tls-key /etc/ecom/privkey.pem
  ECOM_DATABASE=postgres://ecom@localhost/ecom ECOM_KEYS_DATABASE=postgres://ecom@localhost/ecom_keys ecom serve

Stop it with Ctrl-C or SIGTERM; work that runs then goes on at the next start.")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    site: SiteArgs,
    #[command(flatten)]
    mail: MailArgs,
}

/// How the server presents itself.
#[derive(clap::Args, Clone)]
pub(crate) struct SiteArgs {
    /// Address by which people reach the server. Sign-in needs https, or a loopback address.
    /// Default: <http://HOST:PORT>, with a certificate <https://HOST:PORT>
    #[arg(long, env = "ECOM_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Who may register: the first person only, anybody, or nobody
    #[arg(long, env = "ECOM_REGISTRATION", value_enum, default_value_t = Register::First)]
    registration: Register,
    /// A proxy on this machine or its private network sets X-Forwarded-For; its last entry then is the visitor
    #[arg(long, env = "ECOM_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Addresses of the proxies in front, where they are elsewhere or several: 192.0.2.10,10.8.0.0/24
    #[arg(long, env = "ECOM_TRUSTED_PROXIES", value_name = "ADDRESSES", value_delimiter = ',')]
    trusted_proxies: Vec<Block>,
    /// Requests a minute that one account may send, of each kind: pages=600,forms=120,sign-in=20,uploads=30,
    /// downloads=30,search=120 unless said otherwise. An address may 3 times, a network 6 times as many; `off` for none
    #[arg(long, env = "ECOM_RATE_LIMITS", value_name = "LIMITS", default_value_t, hide_default_value = true)]
    rate_limits: Limits,
    /// Show the style guide, which is for those who build the pages
    #[arg(long, hide = true)]
    style_guide: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Register {
    First,
    Open,
    Closed,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let front = front(&args.listen, &args.tls, &args.site, &args.place.data).await?;
    let site = Site::open(&args.place).await?;
    if let Some(address) = args.listen.metrics {
        metrics::serve(address, site.db().clone()).await?;
    }
    let mail = args.mail.mail(front.settings.public_url())?;
    if !mail.is_on() {
        tracing::warn!("no mail server is set up: mail waits. See docs/mail.md");
    }
    serve(&args.place, site, front, mail, |url| {
        eprintln!("Ecom Assistance listens on {url} (stop with Ctrl-C)");
    })
    .await
}

/// Takes the port and the certificate first: everything else would be done in vain without them.
pub(crate) async fn front(
    listen: &Listen,
    tls: &TlsArgs,
    site: &SiteArgs,
    data: &Path,
) -> anyhow::Result<Front> {
    let listener = bind(listen).await?;
    let settings = settings(tls.scheme(), listener.local_addr()?, site)?;
    Front::open(listener, settings, tls, data).await
}

async fn bind(listen: &Listen) -> anyhow::Result<TcpListener> {
    let address = listen.address();
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {} is taken by another program; choose another one, for example --port {}",
            address.port(),
            address.port().saturating_add(1)
        ),
        _ => anyhow::Error::new(error).context(format!("cannot listen on {address}")),
    })
}

fn settings(scheme: &str, address: SocketAddr, args: &SiteArgs) -> anyhow::Result<Settings> {
    let registration = match args.registration {
        Register::First => Registration::First,
        Register::Open => Registration::Open,
        Register::Closed => Registration::Closed,
    };
    let url = args.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
    let mut settings = Settings::new(&url, registration)?.behind(args.proxies()).limited(args.rate_limits);
    if args.style_guide {
        settings = settings.with_style_guide();
    }
    if let Some(warning) = settings.warning() {
        tracing::warn!("{warning}");
    }
    Ok(settings)
}

impl SiteArgs {
    pub(crate) fn demo() -> Self {
        Self {
            public_url: None,
            registration: Register::Closed,
            behind_proxy: false,
            trusted_proxies: Vec::new(),
            rate_limits: Limits::default(),
            style_guide: true,
        }
    }

    fn proxies(&self) -> Proxies {
        match (&self.trusted_proxies[..], self.behind_proxy) {
            ([], false) => Proxies::None,
            ([], true) => Proxies::Near,
            (blocks, _) => Proxies::At(blocks.to_vec()),
        }
    }
}

pub(crate) async fn serve(
    place: &Place,
    site: Site,
    front: Front,
    mail: Mail,
    ready: impl FnOnce(&str),
) -> anyhow::Result<ExitCode> {
    let _lock = lock(place, &site).await?;
    let (stop, stopped) = watch::channel(false);
    let worker = site.worker(place, mail);
    let url = front.settings.public_url().to_owned();
    let app = ecom_web::router(Server::new(&worker, front.settings.clone()));
    worker.begin_hours().await?;
    worker.resume_keys().await?;
    let working = ecom_work::spawn("worker", async move { worker.run(stopped).await });
    let (close, closed) = watch::channel(false);
    // From here on, so that whoever reads the address may ask at once to stop.
    let ended = ended();
    ecom_work::spawn("end", async move {
        ended.await;
        close.send_replace(true);
    });
    ready(&url);
    front.serve(app, closed).await?;
    stop.send_replace(true);
    working.await.context("the worker ended")?;
    Ok(ExitCode::SUCCESS)
}

/// On SQLite one server at a time: then jobs that a killed one left running are taken up at once.
async fn lock(place: &Place, site: &Site) -> anyhow::Result<Option<File>> {
    if !site.db().is_sqlite() {
        return Ok(None);
    }
    let file = File::create(place.data.join("serve.lock"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            bail!("another `ecom serve` works on {}; stop it first", place.data.display())
        }
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the data folder"),
    }
    // An `ecom import` that runs keeps its jobs; those of a dead process then wait until their leases run out.
    if site::work_lock(place)?.try_lock().is_ok() {
        let mut tx = site.db().write().await?;
        tx.platform().release_all(micros(&SystemClock)).await?;
        tx.commit().await?;
    }
    Ok(Some(file))
}

/// Ends when the process is asked to. Signals from before it is awaited count too.
fn ended() -> impl Future<Output = ()> {
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let came = async |signal: std::io::Result<Signal>| match signal {
        Ok(mut signal) => _ = signal.recv().await,
        Err(_) => std::future::pending().await,
    };
    async move {
        tokio::select! {
            () = came(interrupt) => {}
            () = came(terminate) => {}
        }
    }
}
