//! What `docs/security/asvs.md` says can be looked up: every id of the standard stands there once, and every file and test
//! that it names exists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Ids and levels of OWASP ASVS 5.0.0, levels 1 and 2 (CC BY-SA 4.0): nothing but the numbers.
const IDS: &str = include_str!("../fixtures/asvs-5.0.0-ids.txt");
const STATES: [&str; 3] = ["met", "n/a", "**not met**"];

struct Row {
    id: String,
    level: String,
    state: String,
    where_: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    fs::read_to_string(root().join("docs/security/asvs.md")).unwrap()
}

fn rows() -> Vec<Row> {
    let page = page();
    let cells = page.lines().filter(|line| line.starts_with("| V")).map(|line| {
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        let [id, level, state, _, where_] =
            <[String; 5]>::try_from(cells).unwrap_or_else(|_| panic!("{line}"));
        Row { id, level, state, where_ }
    });
    cells.collect()
}

/// Texts between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Names of functions and of tests made by macros, in all sources.
fn names() -> BTreeSet<String> {
    let (mut names, mut folders) = (BTreeSet::new(), vec![root().join("crates")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let source = fs::read_to_string(&path).unwrap();
                for start in ["fn ", "on_both!(", "on_sqlite!(", "on_postgres!("] {
                    let found = source.split(start).skip(1);
                    names.extend(found.map(|rest| {
                        rest.chars()
                            .take_while(|&letter| letter == '_' || letter.is_ascii_alphanumeric())
                            .collect()
                    }));
                }
            }
        }
    }
    names
}

#[test]
fn every_requirement_stands_once_with_its_level_and_a_state() {
    let wanted: Vec<(&str, &str)> = IDS.lines().map(|line| line.split_once(' ').unwrap()).collect();
    let rows = rows();
    let found: Vec<(&str, &str)> = rows.iter().map(|row| (row.id.as_str(), row.level.as_str())).collect();
    assert_eq!(found, wanted);
    for row in &rows {
        assert!(STATES.contains(&row.state.as_str()), "{}: {}", row.id, row.state);
        assert!(!row.where_.is_empty(), "{} says nothing", row.id);
    }
}

#[test]
fn the_sums_at_the_top_are_those_of_the_rows() {
    let (page, rows) = (page(), rows());
    for (title, levels) in [("1", "1"), ("2", "2"), ("both", "12")] {
        let count = |state: &&str| {
            rows.iter().filter(|row| levels.contains(&row.level) && row.state == **state).count()
        };
        let [met, not_applicable, not_met] = STATES.each_ref().map(count);
        let line = format!("| {title} | {met} | {not_applicable} | {not_met} |");
        assert!(page.lines().any(|found| found == line), "the sums should say {line}");
    }
}

#[test]
fn every_file_and_every_test_that_is_named_exists() {
    let (names, mut missing) = (names(), BTreeMap::new());
    for row in rows() {
        for text in quoted(&row.where_) {
            let plain = text
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
            let is_test = plain && text.matches('_').count() > 1;
            let is_file =
                ["crates/", "docs/", "deploy/", "tests/"].iter().any(|start| text.starts_with(start));
            if (is_test && !names.contains(text)) || (is_file && !root().join(text).exists()) {
                missing.insert(text.to_owned(), row.id.clone());
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
