//! Root keys and `ecom keys` from outside: every source, wrong keys, and replacements that are killed at any moment.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::support;

use std::{
    fs,
    ops::Deref,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use ecom_store::{Archive, Db, FileId, Keys, StoreError, TenantId};
use ecom_vault::{RootKey, SystemEntropy};
use support::{block_on, write_private};

/// Kills of one test, at moments spread over the time that the command takes.
const KILLS: u32 = 24;
/// Two root keys, as digits. Their ends look like nothing else.
const ONE: &str = "0123456789abcdef0123456789abcdef0123456789abcdef01234567feedf00d";
const TWO: &str = "123456789abcdef0123456789abcdef0123456789abcdef012345678decafbad";

/// A server that ends with the test, also with one that fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A site with one imported file.
struct Site {
    site: support::Site,
    original: PathBuf,
}

impl Deref for Site {
    type Target = support::Site;

    fn deref(&self) -> &support::Site {
        &self.site
    }
}

impl Site {
    fn new() -> Self {
        Self::with_rows(400)
    }

    fn with_rows(rows: u64) -> Self {
        let site = support::Site::with_key(ONE);
        let original = site.file("50001.txt", rows);
        let site = Self { site, original };
        well(&site.run("import", &[site.original.to_str().unwrap()]));
        site
    }

    fn next(&self) -> PathBuf {
        self.folder.path().join("data.root-key.next")
    }

    fn write_key(&self, digits: &str) {
        write_private(&self.key(), digits);
    }

    async fn keys(&self) -> Db {
        Db::open(&self.url("keys.db")).await.unwrap()
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
        for name in ["ECOM_ROOT_KEY", "ECOM_ROOT_KEY_VALUE", "ECOM_ROOT_KEY_COMMAND"] {
            command.env_remove(name);
        }
        command.args(words.split(' ')).arg("--data").arg(self.data()).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &str, args: &[&str]) -> Output {
        self.command(words).args(args).output().unwrap()
    }

    /// Whether what is archived opens as it was imported, with the root key in the file; and how many generations the
    /// business's key has.
    fn holds(&self) -> (bool, usize) {
        let root = RootKey::read_file(&self.key()).unwrap();
        block_on(async {
            let (db, keys) = (self.db().await, self.keys().await);
            let keys = Keys::open(keys, root).await.unwrap();
            let ring = keys.tenant(TenantId(1)).await.unwrap();
            let archive = Archive::local(&self.data().join("archive")).unwrap();
            let text = fs::read_to_string(&self.original).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            let places = [0, lines.len() / 2, lines.len() - 1];
            let numbers = places.map(|at| i64::try_from(at).unwrap() + 1);
            let mut tx = db.read().await.unwrap();
            let mut books = tx.scoped(TenantId(1)).await.unwrap();
            let found = archive.original_lines(&ring.archive(), &mut books, FileId(1), &numbers).await;
            drop(tx);
            db.close().await;
            keys.close().await;
            let found = match found {
                // A server that runs is just sealing it anew.
                Err(StoreError::Busy) => return (false, ring.generations().count()),
                found => found.unwrap(),
            };
            let same = found.iter().map(|line| line.as_deref().unwrap()).eq(places.map(|at| lines[at]));
            (same, ring.generations().count())
        })
    }

    /// Starts a command and kills it after a while.
    fn kill(&self, words: &str, after: Duration) {
        let mut child = self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Names of files beside the data folder.
    fn beside(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("data."))
            .collect();
        names.sort();
        names
    }
}

/// What a command said on both channels; no key ever stands in it.
fn said(output: &Output) -> String {
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for digits in [ONE, TWO] {
        assert!(
            !said.contains(&digits[..12]) && !said.contains(&digits[52..]),
            "a root key was shown: {said}"
        );
    }
    said
}

fn well(output: &Output) -> String {
    let said = said(output);
    assert!(output.status.success(), "{said}");
    said
}

fn ill(output: &Output) -> String {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

#[test]
fn the_root_key_may_come_from_a_file_a_variable_or_a_command() {
    let site = Site::new();
    let elsewhere = site.folder.path().join("elsewhere");
    fs::rename(site.key(), &elsewhere).unwrap();
    let command = format!("cat '{}'", elsewhere.display());
    let doctor = || site.command("doctor");
    let shown = [
        well(&doctor().env("ECOM_ROOT_KEY", &elsewhere).output().unwrap()),
        well(&doctor().env("ECOM_ROOT_KEY_VALUE", ONE).output().unwrap()),
        well(&doctor().env("ECOM_ROOT_KEY_COMMAND", &command).output().unwrap()),
        well(&doctor().arg("--root-key-command").arg(&command).output().unwrap()),
    ];
    assert!(shown[1].contains("the root key in ECOM_ROOT_KEY_VALUE opens"), "{}", shown[1]);
    assert!(shown[2].contains("the command for the root key opens") && !shown[2].contains("elsewhere"));
    let listed = site.command("keys list").env("ECOM_ROOT_KEY_VALUE", ONE).output().unwrap();
    assert!(well(&listed).contains("business 1      1  "), "{}", said(&listed));

    let both = doctor().env("ECOM_ROOT_KEY_VALUE", ONE).env("ECOM_ROOT_KEY", &elsewhere).output().unwrap();
    assert!(ill(&both).contains("several sources; name one of"));
    assert!(!site.key().exists(), "no key file is made where the key comes from elsewhere");
}

#[test]
fn a_root_key_that_cannot_be_read_is_told_without_what_was_read() {
    let site = Site::new();
    let told = |name: &str, value: &str| ill(&site.command("keys list").env(name, value).output().unwrap());
    assert!(told("ECOM_ROOT_KEY_VALUE", &ONE[1..]).contains("64 hexadecimal digits"));
    assert!(told("ECOM_ROOT_KEY_VALUE", "").contains("64 hexadecimal digits"));
    assert!(told("ECOM_ROOT_KEY_VALUE", &"0".repeat(64)).contains("create a random one"));
    let failing = told("ECOM_ROOT_KEY_COMMAND", &format!("echo {ONE}; echo token-of-the-client >&2; exit 5"));
    assert!(failing.contains("failed (exit status: 5)") && !failing.contains("token-of"), "{failing}");
    assert!(told("ECOM_ROOT_KEY_COMMAND", "").contains("is empty"));
    assert!(told("ECOM_ROOT_KEY_COMMAND", &format!("echo {ONE} {ONE}")).contains("64 hexadecimal digits"));
    fs::set_permissions(site.key(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(ill(&site.run("keys list", &[])).contains("chmod 600"));
}

#[test]
fn a_wrong_root_key_is_refused_by_every_command_and_changes_nothing() {
    let site = Site::new();
    let before = fs::read(site.data().join("keys.db")).unwrap();
    site.write_key(TWO);
    let file = site.original.clone();
    let attempts = [
        site.run("serve", &["--port", "0"]),
        site.run("import", &[file.to_str().unwrap()]),
        site.run("keys list", &[]),
        site.run("keys rotate", &[]),
        site.run("keys rotate-root", &[]),
        site.run("doctor", &[]),
        site.command("keys list").env("ECOM_ROOT_KEY_VALUE", TWO).output().unwrap(),
    ];
    for refused in &attempts {
        let told = ill(refused);
        assert!(told.contains("not the root key that the data was made with"), "{told}");
    }
    fs::remove_file(site.next()).ok();
    assert_eq!(fs::read(site.data().join("keys.db")).unwrap(), before);
    site.write_key(ONE);
    assert_eq!(site.holds(), (true, 1));
}

#[test]
fn the_root_key_file_is_replaced_and_the_old_one_opens_nothing_any_more() {
    let site = Site::new();
    let old = RootKey::read_file(&site.key()).unwrap().id().to_string();
    let told = well(&site.run("keys rotate-root", &[]));
    let kept = format!("data.root-key.old-{}", &old[..8]);
    assert!(told.contains(": 1\n") && told.contains(&kept), "{told}");
    assert_eq!(site.beside(), ["data.root-key".to_owned(), kept.clone()]);
    let mode = fs::metadata(site.key()).unwrap().permissions().mode() & 0o777;
    assert_eq!((site.holds(), mode), ((true, 1), 0o600));
    assert!(well(&site.run("keys list", &[])).contains("root key        2  "));
    well(&site.run("doctor", &[]));
    fs::copy(site.folder.path().join(&kept), site.key()).unwrap();
    let refused = ill(&site.run("keys list", &[]));
    assert!(refused.contains("replaced by a newer one"), "{refused}");
}

#[test]
fn the_root_key_moves_to_a_variable_or_a_command() {
    let site = Site::new();
    let told =
        site.command("keys rotate-root").args(["--new-variable", "NEW_KEY"]).env("NEW_KEY", TWO).output();
    assert!(well(&told.unwrap()).contains("Let `ecom serve` take the root key from there"));
    assert!(ill(&site.run("keys list", &[])).contains("replaced by a newer one"));
    let with = |words: &str| {
        let mut command = site.command(words);
        command.env("ECOM_ROOT_KEY_VALUE", TWO);
        command
    };
    well(&with("doctor").output().unwrap());
    let alone = ill(&with("keys rotate-root").output().unwrap());
    assert!(alone.contains("--new-file"), "{alone}");
    let same =
        ill(&with("keys rotate-root").args(["--new-variable", "ECOM_ROOT_KEY_VALUE"]).output().unwrap());
    assert!(same.contains("in use before"), "{same}");
    let file = site.folder.path().join("third");
    well(&with("keys rotate-root").arg("--new-file").arg(&file).output().unwrap());
    well(
        &site
            .command("doctor")
            .env("ECOM_ROOT_KEY_COMMAND", format!("cat '{}'", file.display()))
            .output()
            .unwrap(),
    );
}

#[test]
fn what_a_death_during_a_replacement_leaves_is_usable() {
    let site = Site::new();
    // It died while the new key was written.
    write_private(&site.next(), &TWO[..20]);
    well(&site.run("doctor", &[]));
    well(&site.run("keys list", &[]));
    assert_eq!(site.holds(), (true, 1));
    // It died before anything was wrapped with it.
    fs::remove_file(site.next()).unwrap();
    write_private(&site.next(), TWO);
    well(&site.run("keys list", &[]));
    assert_eq!(site.holds(), (true, 1));
    // It died after everything was wrapped with it, before it took the place of the old one.
    block_on(async {
        let keys = Keys::open(site.keys().await, RootKey::read_file(&site.key()).unwrap()).await.unwrap();
        keys.rotate_root(RootKey::read_file(&site.next()).unwrap(), 5).await.unwrap();
        keys.close().await;
    });
    assert!(well(&site.run("doctor", &[])).contains("ends at the next start"));
    assert!(site.next().exists(), "the doctor changes nothing");
    assert!(well(&site.run("keys list", &[])).contains("root key        2  "));
    assert!(!site.next().exists());
    assert_eq!(fs::read_to_string(site.key()).unwrap(), TWO);
    assert_eq!(site.holds(), (true, 1));
    // A later replacement takes nothing that was left for the one that is to come.
    write_private(&site.next(), &TWO[..20]);
    well(&site.run("keys rotate-root", &[]));
    assert_eq!(site.holds(), (true, 1));
}

#[test]
fn a_replacement_of_the_root_key_killed_at_any_moment_leaves_keys_that_open() {
    let site = Site::new();
    let started = Instant::now();
    well(&site.run("keys rotate-root", &[]));
    let whole = started.elapsed();
    let mut replaced = 0;
    for kill in 1..=KILLS {
        let before = fs::read(site.key()).unwrap();
        site.kill("keys rotate-root", whole * kill / KILLS);
        // Whatever opens the keys next makes up for the death.
        well(&site.run("keys list", &[]));
        assert_eq!(site.holds(), (true, 1), "kill {kill}");
        replaced += u32::from(fs::read(site.key()).unwrap() != before);
    }
    well(&site.run("keys rotate-root", &[]));
    assert_eq!(site.holds(), (true, 1));
    eprintln!("{replaced} of {KILLS} killed replacements had come to their end");
}

#[test]
fn a_rotation_killed_at_any_moment_leaves_originals_that_open_and_ends_at_the_next_try() {
    let site = Site::with_rows(30_000);
    let started = Instant::now();
    let told = well(&site.run("keys rotate", &[]));
    assert!(told.contains("key 2 is in use") && told.contains("the older keys are destroyed"), "{told}");
    let whole = started.elapsed();
    for kill in 1..=KILLS {
        site.kill("keys rotate", whole * kill / KILLS);
        assert!(site.holds().0, "kill {kill}");
    }
    // Each killed one left a generation at most; their leases run out only after a minute, so a server takes over.
    let server = Server(site.command("serve").args(["--port", "0"]).stderr(Stdio::null()).spawn().unwrap());
    let waited = Instant::now();
    while site.holds() != (true, 1) && waited.elapsed() < Duration::from_mins(2) {
        thread::sleep(Duration::from_millis(300));
    }
    drop(server);
    assert_eq!(site.holds(), (true, 1));
    let again = well(&site.run("import", &[site.original.clone().to_str().unwrap()]));
    assert!(again.contains("imported before"), "{again}");
    assert!(well(&site.run("keys list", &[])).contains("in use"));
}

#[test]
fn the_root_key_is_not_replaced_under_a_running_server() {
    let site = Site::new();
    let mut server =
        Server(site.command("serve").args(["--port", "0"]).stderr(Stdio::piped()).spawn().unwrap());
    let said = std::io::BufReader::new(server.0.stderr.take().unwrap());
    let mut lines = std::io::BufRead::lines(said);
    assert!(lines.any(|line| line.unwrap().contains("listens on")));
    let refused = site.run("keys rotate-root", &[]);
    // A business's key may be.
    let rotated = site.run("keys rotate", &["--all"]);
    drop(server);
    assert!(ill(&refused).contains("stop it first"));
    assert!(well(&rotated).contains("the older keys are destroyed"));
    assert_eq!(site.holds(), (true, 1));
}

#[test]
fn keys_are_destroyed_only_for_who_knows_the_name() {
    let site = Site::new();
    let wrong = site.run("keys destroy", &["--business", "1", "--name", "Kurta"]);
    assert!(ill(&wrong).contains("nothing was destroyed"));
    assert_eq!(site.holds(), (true, 1));
    assert!(
        ill(&site.run("keys destroy", &["--business", "9", "--name", "x"])).contains("business not found")
    );
    let wrapped = wrapped(&site);
    assert!(on_disk(&site.data(), &wrapped));
    let done = site.run("keys destroy", &["--business", "1", "--name", "Kurta House"]);
    assert!(well(&done).contains("its keys are destroyed"));
    assert!(!on_disk(&site.data(), &wrapped), "the wrapped key is in none of the files");
    assert!(!well(&site.run("keys list", &[])).contains("business 1"));
    assert_eq!(fs::read_dir(site.data().join("archive/1")).unwrap().count(), 0);
    ill(&site.run("keys destroy", &["--business", "1", "--name", "Kurta House"]));
    well(&site.run("keys rotate", &["--all"]));
}

/// The business's wrapped key, as stored: what it is wrapped to again is other bytes, so it is taken from the files
/// by its first bytes, the root key's mark, and its length.
fn wrapped(site: &Site) -> Vec<u8> {
    let root = RootKey::read_file(&site.key()).unwrap();
    let length = {
        let key = ecom_vault::TenantKey::generate(&mut SystemEntropy).unwrap();
        root.wrap(&mut SystemEntropy, 1, &key).unwrap().as_bytes().len()
    };
    let mark = root.id().mark();
    let files = ["keys.db-wal", "keys.db"].map(|name| fs::read(site.data().join(name)).unwrap_or_default());
    files
        .iter()
        .find_map(|bytes| {
            let at = bytes.windows(mark.len()).position(|window| window == mark)?;
            Some(bytes[at..at + length].to_vec())
        })
        .unwrap()
}

fn on_disk(data: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(data).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        path.is_file() && fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}
