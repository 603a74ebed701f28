//! A site to test: the real router on a fresh database, a visitor with a cookie, files that agree with themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub, dead_code)]

pub mod forms;
pub mod house;
pub mod outline;

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header},
    response::Response,
};
use ecom_ledger::settlement::Options;
use ecom_simulator::{Catalogue, Extra, Plan, write_v2};
use ecom_store::{
    Archive, AssignmentId, Importer, NewAssignment, NewPerson, NewSession, PasswordRule, PersonId, StaffRole,
    Stage, TenantId,
};
use ecom_testkit::{Engine, World};
use ecom_web::{Limits, Registration, Server, Settings, router};
use ecom_work::{
    Bell, Live, Worker,
    mail::{Mail, Parcel, Post, PostFault},
};
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};
use tower::ServiceExt;

/// The server and the world behind it.
pub struct Site {
    pub world: World,
    pub worker: Worker,
    router: Router,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: String,
    pub bytes: Vec<u8>,
}

/// Somebody with a browser.
#[derive(Clone, Default)]
pub struct Visitor {
    pub cookie: Option<String>,
    /// The address they come from, where a proxy tells it.
    pub from: Option<String>,
    /// The cookie that a form handed out instead of that one.
    pub renewed: Arc<Mutex<Option<String>>>,
}

pub async fn site() -> Site {
    site_with(&quiet("http://127.0.0.1:8080", Registration::First)).await
}

/// Settings without limits: time stands still in tests, so what was asked for is never forgotten.
fn quiet(url: &str, registration: Registration) -> Settings {
    Settings::new(url, registration).unwrap().limited(Limits::off()).with_style_guide()
}

/// A mail server that takes everything, and keeps it.
#[derive(Clone, Default)]
pub struct PostBox(Arc<Mutex<Vec<Parcel>>>);

impl Post for PostBox {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<(), PostFault>> {
        self.0.lock().unwrap().push(parcel.clone());
        Box::pin(async { Ok(()) })
    }

    fn domain(&self) -> &'static str {
        "books.example"
    }
}

impl PostBox {
    /// What arrived since one last looked.
    pub fn empty(&self) -> Vec<Parcel> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

pub async fn site_with(settings: &Settings) -> Site {
    site_by(settings, Mail::default()).await
}

/// A site that sends mail, and where it arrives.
pub async fn site_with_mail(registration: Registration) -> (Site, PostBox) {
    site_mailing(&Settings::new("http://127.0.0.1:8080", registration).unwrap()).await
}

/// A site that sends mail, as it is set up, and where it arrives.
pub async fn site_mailing(settings: &Settings) -> (Site, PostBox) {
    let post = PostBox::default();
    let mail = Mail::by(Arc::new(post.clone()), settings.public_url());
    (site_by(&settings.clone().limited(Limits::off()), mail).await, post)
}

async fn site_by(settings: &Settings, mail: Mail) -> Site {
    let world = World::new(Engine::Sqlite).await;
    // Posting days of the made-up files are in September 2026.
    world.clock.set("2026-10-08T09:00+05:30");
    let spool = world.folder().join("spool");
    std::fs::create_dir(&spool).unwrap();
    let archive = Archive::local(&world.folder().join("archive")).unwrap();
    let worker = Worker {
        importer: Importer { db: world.db.clone(), archive, options: Options::new().unwrap() },
        keys: world.keys().await,
        spool,
        clock: Arc::new(world.clock.clone()),
        bell: Bell::default(),
        live: Live::default(),
        mail,
    };
    let router = router(Server::new(&worker, settings.clone()));
    Site { world, worker, router }
}

impl Site {
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, body, bytes: bytes.to_vec() }
    }

    /// A business with an owner who is signed in.
    pub async fn owner(&self, name: &str) -> (Visitor, TenantId) {
        let (person, tenant) = self.world.business(name).await;
        self.world.keys().await.create(tenant, self.world.now()).await.unwrap();
        (self.sign_in(person).await, tenant)
    }

    /// A session without asking for the password; one from before ends.
    pub async fn sign_in(&self, person: PersonId) -> Visitor {
        self.sign_in_by(person, format!("token of {person}")).await
    }

    /// Another one, when the first is over.
    pub async fn sign_in_again(&self, person: PersonId) -> Visitor {
        self.sign_in_by(person, format!("later token of {person}")).await
    }

    async fn sign_in_by(&self, person: PersonId, token: String) -> Visitor {
        let token: [u8; 32] = Sha256::digest(token).into();
        let mut tx = self.world.db.write().await.unwrap();
        let id_hash = Sha256::digest(token);
        tx.platform().close_session(&id_hash).await.unwrap();
        let session = NewSession { id_hash: &id_hash, person, device: "", network: "", stage: Stage::Full };
        tx.platform().open_session(&session, self.world.now()).await.unwrap();
        tx.commit().await.unwrap();
        let text = token.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Visitor { cookie: Some(format!("__Host-ecom={text}")), ..Visitor::default() }
    }

    /// One of the platform's staff, with codes and a password under the rules of the staff, who is signed in.
    pub async fn staff(&self, name: &str, role: StaffRole) -> (Visitor, PersonId) {
        let now = self.world.now();
        let ring = self.world.keys().await.platform(now).await.unwrap();
        let email = format!("{name}@platform.example");
        let mut tx = self.world.db.write().await.unwrap();
        let mut platform = tx.platform();
        let new = NewPerson { name, email: &email, phone: "+91 98450 00000", password_hash: "none" };
        let person = platform.add_person(&new, now).await.unwrap();
        platform.set_password_under(person, "none", PasswordRule::Staff, now).await.unwrap();
        platform.add_staff(person, role, None, now).await.unwrap();
        platform.put_totp(&ring, person, &[7; 20], now).await.unwrap();
        platform.confirm_totp(person, now).await.unwrap();
        tx.commit().await.unwrap();
        (self.sign_in(person).await, person)
    }

    /// Lets one of the staff into a business, so many days; without a word to anybody.
    pub async fn assign(&self, person: PersonId, tenant: TenantId, days: i64) -> AssignmentId {
        let now = self.world.now();
        let ends_at = now + days * 24 * 3_600_000_000;
        let reason = "Helps with the close of September";
        let new = NewAssignment { person, tenant, reason, made_by: person, ends_at };
        let mut tx = self.world.db.write().await.unwrap();
        let id = tx.platform().assign(&new, now).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// One of the staff opens the books of a business they are assigned to.
    pub async fn enter(&self, visitor: &Visitor, id: AssignmentId) {
        let answer = self.post(visitor, "/staff/businesses/choice", &[("assignment", &id.to_string())]).await;
        assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/"), "{}", answer.outline());
    }

    pub async fn get(&self, visitor: &Visitor, path: &str) -> Answer {
        self.send(visitor.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form as this site's own pages do.
    pub async fn post(&self, visitor: &Visitor, path: &str, form: &[(&str, &str)]) -> Answer {
        let encode =
            |text: &str| text.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
        let pairs: Vec<String> =
            form.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let request = visitor
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.send(request.body(Body::from(pairs.join("&"))).unwrap()).await;
        if ["/account", "/people", "/sign-in/"].iter().any(|start| path.starts_with(start)) {
            visitor.renew(&answer);
        }
        answer
    }

    /// Sends files in.
    pub async fn upload(
        &self,
        visitor: &Visitor,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend_from_slice(
                format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .as_bytes(),
            );
        }
        for (name, bytes) in files {
            let head = format!(
                "--cut\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--cut--\r\n");
        let request = visitor
            .request(Method::POST, "/uploads")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends one file in and has the worker import it.
    pub async fn import(&self, visitor: &Visitor, name: &str, bytes: &[u8]) {
        let fields = [("account", "1"), ("account_name", "Amazon.in")];
        let answer = self.upload(visitor, &fields, &[(name, bytes)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        self.work().await;
    }

    pub async fn work(&self) {
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        self.worker.run_due(&stopped).await.unwrap();
    }

    /// Whether the use of a session should be noted again.
    pub async fn is_stale(&self, visitor: &Visitor) -> bool {
        let mut tx = self.world.db.read().await.unwrap();
        let signed = tx.platform().session(&visitor.session(), self.world.now()).await.unwrap();
        signed.unwrap().stale
    }

    pub fn spooled(&self) -> usize {
        std::fs::read_dir(&self.worker.spool).unwrap().count()
    }
}

/// The proxy in front, where one is.
const PROXY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 443);

impl Visitor {
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:8080");
        let request = match &self.from {
            Some(from) => request.header("x-forwarded-for", from).extension(ConnectInfo(PROXY)),
            None => request,
        };
        match self.cookie() {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    /// The cookie as it is now.
    pub fn cookie(&self) -> Option<String> {
        self.renewed.lock().unwrap().clone().or_else(|| self.cookie.clone())
    }

    fn renew(&self, answer: &Answer) {
        let handed = answer.headers.get_all(header::SET_COOKIE).iter();
        let pairs = handed.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
        if let Some(pair) = pairs.into_iter().find(|pair| pair.starts_with("__Host-ecom=")) {
            *self.renewed.lock().unwrap() = Some(pair.to_owned());
        }
    }

    /// Names its session: the hash of the cookie's token.
    pub fn session(&self) -> Vec<u8> {
        let cookie = self.cookie().unwrap();
        let text = cookie.split_once('=').unwrap().1;
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        let token: Vec<u8> = (0..64).step_by(2).map(byte).collect();
        Sha256::digest(token).to_vec()
    }

    /// Keeps the cookie that an answer hands out.
    pub fn keep(&mut self, answer: &Answer) {
        let cookie = answer.headers.get(header::SET_COOKIE).expect("a cookie").to_str().unwrap();
        self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
    }

    /// Keeps every cookie that an answer hands out, as a browser does: also the one that outlives the session.
    pub fn keep_all(&mut self, answer: &Answer) {
        let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
        let pairs = cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
        self.cookie = Some(pairs.collect::<Vec<_>>().join("; "));
    }
}

impl Answer {
    pub fn outline(&self) -> String {
        outline::outline(self)
    }

    pub fn to(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    /// Addresses of all links that hold this.
    pub fn links(&self, part: &str) -> Vec<String> {
        let hrefs = self.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let plain = hrefs.map(|href| href.replace("&#38;", "&").replace("&amp;", "&"));
        plain.filter(|href| href.contains(part)).collect()
    }

    /// Links to lines with the figure that each stands on.
    pub fn figures(&self) -> Vec<(String, String)> {
        let parts = self.body.split("<a class=\"figure\" href=\"").skip(1);
        let figure = |part: &str| {
            let (href, rest) = part.split_once('"').unwrap();
            let inside = &rest[rest.find('>').unwrap() + 1..rest.find("</a>").unwrap()];
            let text = inside.rsplit('>').find(|text| text.contains(|c: char| c.is_ascii_digit()));
            (href.replace("&#38;", "&"), text.unwrap_or_default().replace("</span", ""))
        };
        parts.map(figure).filter(|(href, _)| href.starts_with("/lines")).collect()
    }

    /// The figure that a page of lines explains, of its first currency.
    pub fn explained(&self) -> &str {
        let told = self.body.split("<div class=\"explained\"><b>").nth(1);
        told.map_or("0.00", |rest| &rest[..rest.find('<').unwrap()])
    }

    /// The name under which a browser saves it.
    pub fn file_name(&self) -> String {
        let kept = self.headers.get(header::CONTENT_DISPOSITION).map_or("", |kept| kept.to_str().unwrap());
        let name = kept.strip_prefix("attachment; filename=\"").and_then(|name| name.strip_suffix('"'));
        name.unwrap_or_else(|| panic!("{} is no download: {kept:?} {}", self.status, self.body)).to_owned()
    }

    /// The table in a file that was sent: its rows as text.
    pub fn table(&self) -> Vec<Vec<String>> {
        let table = ecom_documents::read_table(&self.bytes, &ecom_documents::Limits::default()).unwrap();
        let width = table.rows[0].cells().len();
        let row = |row: &ecom_documents::Row| {
            (0..width).map(|at| row.text(u32::try_from(at).unwrap()).to_owned()).collect()
        };
        table.rows.iter().map(row).collect()
    }

    /// The first link whose address begins with this.
    pub fn link(&self, start: &str) -> String {
        let at = self
            .body
            .find(&format!("href=\"{start}"))
            .unwrap_or_else(|| panic!("no {start} in {}", self.body));
        let rest = &self.body[at + 6..];
        rest[..rest.find('"').unwrap()].replace("&#38;", "&").replace("&amp;", "&")
    }
}

/// A settlement of two weeks of September 2026, with one label nobody knows.
pub fn settlement(seed: u64, rows: u64) -> Vec<u8> {
    settlement_from("2026-09-07", seed, rows)
}

/// A settlement of two weeks from a day on, with one label nobody knows.
pub fn settlement_from(day: &str, seed: u64, rows: u64) -> Vec<u8> {
    let start = format!("{day}T00:00:00Z").parse::<jiff::Timestamp>().unwrap().as_second();
    let label = ["other-transaction", "other-transaction", "FBA Return Processing Adj"].map(str::to_owned);
    let plan = Plan {
        seed,
        id: 26_000_000_000 + seed,
        start,
        end: start + 14 * 86_400,
        rows,
        previous_reserve: 0,
        current_reserve: 5000,
        extra: vec![Extra { label, sku: String::new(), amount: -11_800 }],
    };
    let mut out = Vec::new();
    write_v2(&plan, &Catalogue::new(7, 40), &mut out).unwrap();
    out
}
