//! The kill proof: a server that is killed again and again while people send files, keep books, register and forget
//! their passwords, and mail goes out. Afterwards nothing is lost, nothing is half done, and nothing happened twice but
//! mail that died between the mail server's yes and our commit.
//!
//! `ECOM_KILLS` says how often (6 unless said otherwise, 100 in `./check --full`), `ECOM_KILL_SEED` from which seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod books;
mod browser;
mod deeds;
mod files;
mod post;
mod site;
#[path = "../it/support/mod.rs"]
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Mutex,
    thread,
    time::{Duration, Instant, SystemTime},
};

use browser::Browser;
use deeds::{Doer, Record};
use ecom_simulator::{Chance, SmtpFault};
use ecom_testkit::{World, on_both};
use files::Offer;
use post::Post;
use site::{Site, until};

const KILLS: u64 = 6;
const SEED: u64 = 20_261_201;
/// Longest life of a server after it listens, if nothing else says when it dies.
const LIFE: Duration = Duration::from_millis(2_500);
/// Mails of each round that another process writes.
const MAILS: u64 = 2;
/// Jobs that nobody has done yet, or that somebody has claimed.
const OPEN: &str = "select cast(id as text) from job where state in ('queued', 'running')";
/// Imports that run.
const IMPORTING: &str = "select cast(id as text) from job where state = 'running' and kind = 'import'";
/// Jobs that would be given up if they died once more: the product does that on purpose.
const TIRED: &str =
    "select cast(id as text) from job where state in ('queued', 'running') and attempts >= most_attempts - 1";

/// When a server is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Before it listens, or just after.
    Start,
    /// After a mail was taken whose yes the mail server holds back: in the window for certain.
    HeldYes,
    /// Right after a mail was taken.
    Mail,
    /// While an import runs.
    Import,
    /// Any time.
    Any,
}

/// In this order again and again; how long each takes is chance.
const MOMENTS: [Moment; 6] =
    [Moment::HeldYes, Moment::Import, Moment::Mail, Moment::Any, Moment::Start, Moment::Import];

/// Everything a run needs and finds.
struct Run {
    site: Site,
    record: Mutex<Record>,
    post: Post,
    chance: Chance,
    owner: Browser,
    /// How long a server needs until it listens.
    start: Duration,
    /// What the kills hit.
    hits: BTreeMap<&'static str, usize>,
    strays: (BTreeSet<String>, BTreeSet<String>),
}

on_both!(
    a_server_killed_at_any_moment_loses_nothing_and_repeats_only_mail_of_the_window,
    |world| async move {
        let (rounds, seed) = (setting("ECOM_KILLS", KILLS), setting("ECOM_KILL_SEED", SEED));
        eprintln!("kill proof: {rounds} rounds from ECOM_KILL_SEED={seed}");
        let other = World::new(world.engine()).await;
        let (site, calm) = (Site::new(world).await, Site::new(other).await);
        tokio::task::block_in_place(|| {
            let mut run = Run::begin(site, Chance::new(seed));
            for round in 1..=rounds {
                run.round(round);
            }
            run.end(rounds, &calm);
        });
    }
);

#[allow(clippy::disallowed_methods, reason = "tests have no configuration but the environment")]
fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

impl Run {
    /// Somebody registers, and the first file is in the books.
    fn begin(site: Site, chance: Chance) -> Self {
        let record = Mutex::default();
        let owner = opened(&site, &record);
        let begin = Instant::now();
        let server = site.serve();
        let start = begin.elapsed();
        server.stop();
        let hits = BTreeMap::new();
        Self { site, record, post: Post::default(), chance, owner, start, hits, strays: Default::default() }
    }

    fn hit(&mut self, what: &'static str) {
        *self.hits.entry(what).or_default() += 1;
    }

    fn round(&mut self, round: u64) {
        self.site.pass_time();
        let tired = self.site.texts(TIRED);
        let index = usize::try_from(round - 1).unwrap() % MOMENTS.len();
        let moment = if tired.is_empty() { MOMENTS[index] } else { Moment::Any };
        if moment == Moment::HeldYes {
            self.site.sink.plan(SmtpFault::HoldYes);
        }
        let cut = self.record.lock().unwrap().cut.clone();
        if moment == Moment::Start {
            self.start_and_kill();
        } else {
            self.work_and_kill(round, moment, &tired);
        }
        self.site.settle();
        self.site.sink.forgive();
        self.look(moment, &cut);
    }

    fn start_and_kill(&mut self) {
        let (mut child, told, _) = self.site.spawn();
        thread::sleep(self.start.mul_f64(1.2 * self.chance.share()));
        child.kill().unwrap();
        child.wait().unwrap();
        self.hit(if told.try_recv().is_ok() { "just after it listened" } else { "before it listened" });
    }

    fn work_and_kill(&mut self, round: u64, moment: Moment, tired: &[String]) {
        let before = self.site.sink.taken();
        let server = self.site.serve();
        self.owner.port = server.port;
        let mut doer = |browser: Browser| Doer {
            site: &self.site,
            record: &self.record,
            browser,
            chance: self.chance.fork(),
            round,
        };
        let doers = [(); 3].map(|()| doer(self.owner.clone()));
        doers[0].write_mails(MAILS);
        let share = self.chance.share();
        let [mut sends, mut keeps, mut people] = doers;
        thread::scope(|scope| {
            scope.spawn(move || drop(sends.upload()));
            scope.spawn(move || drop(keeps.keep_books()));
            scope.spawn(move || drop(people.be_people()));
            self.await_moment(moment, before, share, tired);
            server.kill();
        });
    }

    /// Waits until the server is to die. What a moment waits for may not come, but a mail: then it dies without.
    fn await_moment(&self, moment: Moment, before: usize, share: f64, tired: &[String]) {
        if !tired.is_empty() {
            let goes_on = |id: &String| self.site.texts(OPEN).contains(id);
            until("a job that died often", || !tired.iter().any(goes_on));
        }
        let came = || match moment {
            Moment::HeldYes | Moment::Mail => self.site.sink.taken() > before,
            Moment::Import => !self.site.texts(IMPORTING).is_empty(),
            Moment::Any | Moment::Start => true,
        };
        if moment == Moment::HeldYes {
            // Mail is waiting, so one comes, however slow the machine is.
            until("a mail", came);
        }
        let begin = Instant::now();
        while !came() && begin.elapsed() < 2 * LIFE {
            thread::sleep(Duration::from_micros(500));
        }
        let most = match moment {
            Moment::HeldYes | Moment::Import => Duration::from_millis(400),
            Moment::Mail => Duration::from_millis(4),
            Moment::Any | Moment::Start => LIFE,
        };
        thread::sleep(most.mul_f64(share));
    }

    /// Looks at what the kill left, and notes what it hit.
    fn look(&mut self, moment: Moment, cut_before: &BTreeMap<&'static str, usize>) {
        let (_keep, left) = self.site.left();
        books::look(&self.site, &left, &self.record.lock().unwrap());
        let windows = self.post.look(&self.site, &left);
        if windows > 0 {
            self.hit(if moment == Moment::HeldYes {
                "the window, held open"
            } else {
                "the window, by chance"
            });
        }
        let cut = self.record.lock().unwrap().cut.clone();
        for (what, count) in cut {
            if cut_before.get(what) != Some(&count) {
                self.hit(if what == "an upload" { "an upload on its way" } else { "a form on its way" });
            }
        }
        for kind in self.site.wait(left.texts("select distinct kind from job where state = 'running'")) {
            match kind.as_str() {
                "import" => self.hit("an import"),
                "mail" => self.hit("a mail"),
                "sweep" | "mail-round" => self.hit("the hour's jobs"),
                _ => self.hit("posting anew"),
            }
        }
        let strays = books::strays(&self.site, &left);
        if strays.1.difference(&self.strays.1).next().is_some() {
            self.hit("an import, while it archived");
        }
        if strays.0.difference(&self.strays.0).next().is_some() {
            self.hit("an import, in its transaction");
        }
        self.strays = strays;
    }

    /// All work is done, the server is stopped, and the books are what they are where nothing was killed.
    fn end(mut self, rounds: u64, calm: &Site) {
        self.site.pass_time();
        let server = self.site.serve();
        self.owner.port = server.port;
        finish(&self.site, &self.record, &self.owner);
        server.stop();
        self.site.settle();
        assert_eq!(self.post.look(&self.site, &self.site.database), 0, "stopped, not killed");
        let record = self.record.lock().unwrap();
        books::look(&self.site, &self.site.database, &record);
        self.post.is_whole(&self.site, &record);
        books::is_on_record(&self.site, &record);
        let failed =
            self.site.texts("select kind || ' ' || coalesce(outcome, '') from job where state <> 'done'");
        assert!(failed.is_empty(), "jobs that are not done: {failed:?}");
        let strays = self.strays.0.len() + self.strays.1.len();
        self.sweep();
        self.is_like(calm, &record);
        let (mails, ids, repeats) = self.post.counts();
        assert!(repeats > 0, "no kill hit the window");
        eprintln!(
            "kill proof on {:?}: {rounds} kills; hit {:?}; {} files accepted, {} in the books; {mails} mails, {ids} Message-IDs, \
             {repeats} repeats = {repeats} kills in the window; {strays} originals swept; cut {:?}; refused {:?}",
            self.site.engine,
            self.hits,
            record.accepted.len(),
            books::uploads(&self.site).len(),
            record.cut,
            record.refused,
        );
    }

    /// A day later nothing is left of what killed servers had begun.
    fn sweep(&self) {
        for folder in ["spool", "archive"] {
            age(&self.site.data().join(folder));
        }
        let server = self.site.serve();
        until("the sweep", || self.site.texts(OPEN).is_empty());
        server.stop();
        let strays = books::strays(&self.site, &self.site.database);
        assert!(strays.0.is_empty() && strays.1.is_empty(), "originals that nothing needs: {strays:?}");
        let spool = fs::read_dir(self.site.data().join("spool")).unwrap().count();
        assert_eq!(spool, 0, "uploads that nothing needs");
        let doctor = self.site.command(&["doctor"]).output().unwrap();
        assert!(doctor.status.success(), "{}", site::printed(&doctor));
    }

    /// The same files in the same order, without a kill.
    fn is_like(&self, calm: &Site, killed: &Record) {
        let record = Mutex::default();
        let mut owner = opened(calm, &record);
        let server = calm.serve();
        owner.port = server.port;
        let mut doer =
            Doer { site: calm, record: &record, browser: owner.clone(), chance: Chance::new(0), round: 0 };
        for name in books::uploads(&self.site).iter().skip(1) {
            let offer: Offer = killed.offers[name].clone();
            doer.send(&[offer]).unwrap();
        }
        until("the imports", || calm.texts(OPEN).is_empty());
        for name in books::withdrawn(&self.site) {
            assert!(doer.withdraw(&name).unwrap());
        }
        finish(calm, &record, &owner);
        server.stop();
        let record = record.lock().unwrap();
        assert_eq!(books::outcomes(&self.site, killed), books::outcomes(calm, &record));
        assert_eq!(books::figures(&self.site), books::figures(calm));
    }
}

/// A new site with its owner, and one file in the books.
fn opened(site: &Site, record: &Mutex<Record>) -> Browser {
    let server = site.serve();
    let browser = Browser::new(server.port, 1);
    let mut doer = Doer { site, record, browser, chance: Chance::new(0), round: 0 };
    doer.register_owner();
    assert!(doer.send(&[files::first()]).unwrap());
    until("the first file", || site.texts(OPEN).is_empty());
    let browser = doer.browser;
    server.stop();
    browser
}

/// The rules that stand in the end stand everywhere, and all work is done.
fn finish(site: &Site, record: &Mutex<Record>, owner: &Browser) {
    let browser = owner.clone();
    let mut doer = Doer { site, record, browser, chance: Chance::new(0), round: 0 };
    if doer.standing_rule().is_none() {
        assert!(doer.toggle_rule().unwrap());
    }
    if doer.standing_tax().is_none() {
        assert!(doer.toggle_tax().unwrap());
    }
    until("all work", || site.texts(OPEN).is_empty());
}

/// Makes all files of a folder two days old.
fn age(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            age(&entry.path());
        } else {
            let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
            fs::File::options().write(true).open(entry.path()).unwrap().set_modified(long_ago).unwrap();
        }
    }
}
