//! People with browsers: each registers, then signs in, looks at pages, imports a file now and then, and signs out, again
//! and again, with a pause after each page. Each has an address and a network of their own on the loopback interface, so
//! that the limits of requests stay on and are not met.
//!
//!     ecom-users PORT PEOPLE SECONDS      prints what it met as JSON

use std::{
    collections::BTreeMap,
    env,
    net::{IpAddr, Ipv4Addr},
    process::ExitCode,
    time::{Duration, Instant},
};

use ecom_simulator::{Catalogue, Plan, write_v2};
use reqwest::{Client, RequestBuilder, Response, header, multipart, redirect};

/// Longest wait for an answer: beyond, it is an error.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two pages of one person, in milliseconds: from, and up to.
const PAUSE_MS: (u64, u64) = (500, 1500);
/// Rows of an imported file.
const ROWS: u64 = 1_000;
/// Every so many rounds a file is imported.
const IMPORT_EVERY: u64 = 2;
/// Requests of all together, so that a mistake cannot run away.
const MOST_REQUESTS: usize = 2_000_000;
const PAGES: [&str; 6] =
    ["/", "/statement?month=2026-09", "/settlements", "/products?month=2026-09", "/uploads", "/notices"];

struct Person {
    number: u64,
    base: String,
    client: Client,
    cookie: Option<String>,
    random: u64,
    end: Instant,
    met: Met,
}

/// What was met: how long answers took by kind in microseconds, answers by status, and what went wrong.
#[derive(Default)]
struct Met {
    micros: BTreeMap<&'static str, Vec<u64>>,
    statuses: BTreeMap<u16, usize>,
    wrong: BTreeMap<String, usize>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<u64> = env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let [port, people, seconds] = words[..] else {
        eprintln!("usage: ecom-users PORT PEOPLE SECONDS");
        return ExitCode::FAILURE;
    };
    // They come one after the other, and all are there when the time begins.
    let mut crowd = Vec::new();
    for number in 0..people {
        let mut person = Person::new(number, port);
        person.register().await;
        if !person.met.wrong.is_empty() {
            eprintln!("a person could not register: {:?}", person.met.wrong);
            return ExitCode::FAILURE;
        }
        crowd.push(person);
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let most = MOST_REQUESTS / crowd.len().max(1);
    let days = crowd.into_iter().map(|mut person| {
        person.end = end;
        tokio::spawn(async move {
            person.day(most).await;
            person.met
        })
    });
    let mut met = Met::default();
    for day in days.collect::<Vec<_>>() {
        match day.await {
            Ok(one) => met.add(one),
            Err(error) => *met.wrong.entry(error.to_string()).or_default() += 1,
        }
    }
    println!("{}", met.report());
    ExitCode::SUCCESS
}

impl Person {
    fn new(number: u64, port: u64) -> Self {
        let byte = |number: u64| u8::try_from(number).unwrap_or(u8::MAX);
        let address = Ipv4Addr::new(127, byte(1 + number / 250), byte(number % 250), 1);
        let client = Client::builder()
            .local_address(IpAddr::V4(address))
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .expect("a client");
        let (base, met) = (format!("http://127.0.0.1:{port}"), Met::default());
        Self { number, base, client, cookie: None, random: 7919 * (number + 1), end: Instant::now(), met }
    }

    fn email(&self) -> String {
        format!("person{}@kurta.example", self.number)
    }

    async fn register(&mut self) {
        let email = self.email();
        let form = [
            ("name", "Asha Rao"),
            ("email", &email),
            ("phone", "+91 98450 00000"),
            ("password", "monsoon teakettle"),
            ("business", "Kurta House"),
            ("state", "29"),
            ("gstin", ""),
            ("agree", "yes"),
        ];
        let request = self.post("/register").form(&form);
        self.send("register", request, 303).await;
        self.import(0).await;
    }

    /// Rounds until the time is over, or there were enough requests.
    async fn day(&mut self, most: usize) {
        self.pause().await;
        for round in 1..u64::MAX {
            let requests: usize = self.met.statuses.values().sum();
            if Instant::now() >= self.end || requests >= most {
                return;
            }
            self.cookie = None;
            let email = self.email();
            let request =
                self.post("/sign-in").form(&[("email", email.as_str()), ("password", "monsoon teakettle")]);
            self.send("sign-in", request, 303).await;
            if self.cookie.is_none() {
                self.pause().await;
                continue;
            }
            for path in PAGES.iter().chain(&PAGES) {
                self.pause().await;
                let kind = if path.starts_with("/statement") { "statement" } else { "other pages" };
                let request = self.request(self.client.get(format!("{}{path}", self.base)));
                self.send(kind, request, 200).await;
            }
            if round % IMPORT_EVERY == 0 {
                self.import(round).await;
            }
            self.pause().await;
            let request = self.post("/sign-out");
            self.send("sign-out", request, 303).await;
        }
    }

    async fn import(&mut self, round: u64) {
        let start = 1_788_739_200;
        let plan = Plan {
            seed: self.number * 10_000 + round,
            id: 26_000_000_000 + self.number * 10_000 + round,
            start,
            end: start + 14 * 86_400,
            rows: ROWS,
            previous_reserve: 0,
            current_reserve: 0,
            extra: Vec::new(),
        };
        let mut bytes = Vec::new();
        write_v2(&plan, &Catalogue::new(7, 40), &mut bytes).expect("writing into memory");
        let file = multipart::Part::bytes(bytes).file_name(format!("{}.txt", plan.id));
        let account = if round == 0 { "new" } else { "1" };
        let form = multipart::Form::new()
            .text("account", account)
            .text("account_name", "Amazon.in")
            .part("files", file);
        let request = self.post("/uploads").multipart(form);
        self.send("import", request, 303).await;
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.request(self.client.post(format!("{}{path}", self.base)))
    }

    fn request(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.header("sec-fetch-site", "same-origin");
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    /// Sends, reads the answer to its end, and notes both.
    async fn send(&mut self, kind: &'static str, request: RequestBuilder, wanted: u16) {
        let began = Instant::now();
        let answered = async {
            let answer = request.send().await?;
            let (status, cookie, to) = (answer.status().as_u16(), cookie(&answer), location(&answer));
            answer.bytes().await?;
            Ok::<_, reqwest::Error>((status, cookie, to))
        };
        match answered.await {
            Ok((status, cookie, to)) => {
                let micros = began.elapsed().as_micros().try_into().unwrap_or(u64::MAX);
                self.met.micros.entry(kind).or_default().push(micros);
                *self.met.statuses.entry(status).or_default() += 1;
                self.cookie = cookie.or(self.cookie.take());
                // A page that wants one to sign in again is no page.
                if status != wanted && status != 429 {
                    *self.met.wrong.entry(format!("{kind}: {status} {to}")).or_default() += 1;
                }
            }
            Err(error) => *self.met.wrong.entry(format!("{kind}: {}", error.without_url())).or_default() += 1,
        }
    }

    async fn pause(&mut self) {
        // An xorshift is random enough for pauses, and the same in each run.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let (least, most) = PAUSE_MS;
        tokio::time::sleep(Duration::from_millis(least + self.random % (most - least))).await;
    }
}

fn cookie(answer: &Response) -> Option<String> {
    let set = answer.headers().get(header::SET_COOKIE)?.to_str().ok()?;
    set.split(';').next().filter(|pair| !pair.ends_with('=')).map(str::to_owned)
}

fn location(answer: &Response) -> String {
    answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned()
}

impl Met {
    fn add(&mut self, other: Self) {
        for (kind, micros) in other.micros {
            self.micros.entry(kind).or_default().extend(micros);
        }
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for (what, count) in other.wrong {
            *self.wrong.entry(what).or_default() += count;
        }
    }

    fn report(mut self) -> serde_json::Value {
        let kinds = self.micros.iter_mut().map(|(kind, micros)| {
            micros.sort_unstable();
            let at = |percent: usize| micros[(micros.len() - 1) * percent / 100];
            let numbers = serde_json::json!({
                "requests": micros.len(), "p50_us": at(50), "p99_us": at(99), "most_us": at(100),
            });
            ((*kind).to_owned(), numbers)
        });
        let kinds: serde_json::Map<_, _> = kinds.collect();
        let statuses: BTreeMap<String, usize> =
            self.statuses.into_iter().map(|(status, count)| (status.to_string(), count)).collect();
        serde_json::json!({ "kinds": kinds, "statuses": statuses, "wrong": self.wrong })
    }
}
