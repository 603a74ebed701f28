//! `ecom backup`, `ecom restore` and `ecom audit verify` from outside.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::Duration,
};

use support::{Site, said};

fn backup(site: &Site, to: &Path, keys: &Path) -> Output {
    site.command("backup").arg("--to").arg(to).arg("--keys-to").arg(keys).output().unwrap()
}

/// The copies in a folder, the oldest first.
fn copies(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut copies: Vec<_> = entries.filter(|path| path.join("contents.json").exists()).collect();
    copies.sort();
    copies
}

fn restore(site: &Site, from: &Path, keys: &Path, data: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
    command.arg("restore").arg("--from").arg(from).arg("--keys-from").arg(keys);
    command.arg("--data").arg(data).arg("--root-key").arg(site.key()).output().unwrap()
}

/// A site with two files, and so two entries in its log, and a backup of it.
fn backed_up() -> (Site, PathBuf, PathBuf) {
    let site = Site::new();
    site.import(&site.file("1.txt", 300));
    site.import(&site.file("2.txt", 400));
    let (to, keys) = (site.folder.path().join("copies"), site.folder.path().join("keys"));
    let made = backup(&site, &to, &keys);
    assert!(made.status.success(), "{}", said(&made));
    assert!(said(&made).contains("2 archived files (2 new)"), "{}", said(&made));
    (site, to, keys)
}

#[test]
fn what_was_backed_up_comes_back_and_opens() {
    let (site, to, keys) = backed_up();
    let before = site.books();
    let (from, keys_from) = (copies(&to)[0].clone(), copies(&keys)[0].clone());
    let data = site.folder.path().join("restored");
    let done = restore(&site, &from, &keys_from, &data);
    assert!(done.status.success() && said(&done).contains("all is whole"), "{}", said(&done));
    // In the place of the old folder everything is as it was, the archived originals too.
    fs::remove_dir_all(site.data()).unwrap();
    fs::rename(&data, site.data()).unwrap();
    assert_eq!(site.books(), before);
    let again = site.import(&site.file("1.txt", 300));
    assert!(said(&again).contains("imported before"), "{}", said(&again));
    let well = site.command("doctor").output().unwrap();
    assert!(well.status.success(), "{}", said(&well));
}

#[test]
fn archived_files_are_kept_once_for_all_copies() {
    let (site, to, keys) = backed_up();
    // Copies are named by the second.
    thread::sleep(Duration::from_millis(1100));
    site.import(&site.file("3.txt", 200));
    let made = backup(&site, &to, &keys);
    assert!(said(&made).contains("3 archived files (1 new)"), "{}", said(&made));
    assert_eq!((copies(&to).len(), copies(&keys).len()), (2, 2));
    let older = restore(&site, &copies(&to)[0], &copies(&keys)[0], &site.folder.path().join("older"));
    assert!(older.status.success() && said(&older).contains("2 archived files"), "{}", said(&older));
}

#[test]
fn a_damaged_backup_is_refused() {
    let (site, to, keys) = backed_up();
    let (from, keys_from) = (copies(&to)[0].clone(), copies(&keys)[0].clone());
    let data = site.folder.path().join("restored");
    let mut bytes = fs::read(from.join("ecom.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(from.join("ecom.db"), bytes).unwrap();
    let refused = restore(&site, &from, &keys_from, &data);
    assert!(!refused.status.success() && said(&refused).contains("is damaged"), "{}", said(&refused));
    let elsewhere = restore(&site, &to, &keys_from, &site.folder.path().join("other"));
    assert!(
        !elsewhere.status.success() && said(&elsewhere).contains("no whole backup"),
        "{}",
        said(&elsewhere)
    );
}

#[test]
fn a_backup_that_names_files_outside_of_it_is_refused() {
    let (site, to, keys) = backed_up();
    let (from, keys_from) = (copies(&to)[0].clone(), copies(&keys)[0].clone());
    let contents = fs::read_to_string(keys_from.join("contents.json")).unwrap();
    fs::write(keys_from.join("contents.json"), contents.replace("keys.db", "../../evil.db")).unwrap();
    let refused = restore(&site, &from, &keys_from, &site.folder.path().join("restored"));
    assert!(!refused.status.success() && said(&refused).contains("outside of it"), "{}", said(&refused));
}

#[test]
fn a_backup_without_a_file_that_the_books_need_is_none() {
    let (site, to, keys) = backed_up();
    let tenant = site.data().join("archive/1");
    let lost = fs::read_dir(&tenant).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&lost).unwrap();
    // Copies are named by the second.
    thread::sleep(Duration::from_millis(1100));
    let refused = backup(&site, &to, &keys);
    let name = lost.file_name().unwrap().to_str().unwrap();
    assert!(!refused.status.success() && said(&refused).contains(name), "{}", said(&refused));
    assert!(said(&refused).contains("no copy is kept"), "{}", said(&refused));
    assert_eq!((copies(&to).len(), copies(&keys).len()), (1, 1));
    let halves = |folder: &Path| fs::read_dir(folder).unwrap().count();
    assert_eq!((halves(&to), halves(&keys)), (2, 1), "the older copy, and archived files");
}

#[test]
fn keys_and_books_are_kept_apart_and_nothing_is_overwritten() {
    let (site, to, keys) = backed_up();
    for (one, other) in
        [(to.clone(), to.clone()), (to.clone(), to.join("keys")), (keys.join("copies"), keys.clone())]
    {
        let refused = backup(&site, &one, &other);
        assert!(!refused.status.success() && said(&refused).contains("kept apart"), "{}", said(&refused));
    }
    assert!(!to.join("keys").exists() && !keys.join("copies").exists(), "nothing is made of what is refused");
    let full = restore(&site, &copies(&to)[0], &copies(&keys)[0], &site.data());
    assert!(!full.status.success() && said(&full).contains("is not empty"), "{}", said(&full));
    let raw = fs::read(copies(&to)[0].join("ecom.db")).unwrap();
    assert!(!raw.windows(10).any(|part| part == b"tenant_key"), "no keys beside the books");
}

#[test]
fn a_wrong_root_key_is_told_after_restoring() {
    let (site, to, keys) = backed_up();
    let other = Site::new();
    fs::write(other.key(), b"another key for tests, 32 bytes.").unwrap();
    let done = restore(&other, &copies(&to)[0], &copies(&keys)[0], &site.folder.path().join("restored"));
    assert!(!done.status.success() && said(&done).contains("root key"), "{}", said(&done));
}

fn verify(site: &Site, noted: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
    command.args(["audit", "verify", "--data"]).arg(site.data());
    for noted in noted {
        command.arg("--noted").arg(noted);
    }
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &said(&output))
}

#[test]
fn verifying_the_log_tells_what_is_wrong_with_it() {
    let (site, ..) = backed_up();
    let (whole, words) = verify(&site, &[]);
    assert!(whole && words.contains("business 1: 2 entries, whole; note 1/2/"), "{words}");
    let noted = words.trim().rsplit(' ').next().unwrap().to_owned();
    let (whole, words) = verify(&site, &[&noted]);
    assert!(whole && words.contains("entry 2 is as you noted it"), "{words}");
    let forged = noted[..noted.len() - 1].to_owned() + if noted.ends_with('0') { "1" } else { "0" };
    let (whole, words) = verify(&site, &[&forged]);
    assert!(!whole && words.contains("NOT as you noted it"), "{words}");
    let (whole, words) = verify(&site, &["1/2"]);
    assert!(!whole && words.contains("as it was printed"), "{words}");
}
