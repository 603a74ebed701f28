//! Packages: what is in them, what comes out, and what is refused.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::{
    io::{Cursor, Read, Write},
    path::Path,
};

use ecom_ledger::{Refusal, unpack::Package};
use ecom_simulator::{Catalogue, Plan, write_v2};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

fn package(name: &str, bytes: &[u8]) -> (tempfile::TempDir, Result<Package, Refusal>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let package = Package::open(&path);
    (folder, package)
}

fn refusal(name: &str, bytes: &[u8]) -> String {
    package(name, bytes).1.err().unwrap().to_string()
}

fn text(package: &Package, index: usize) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    match package.read(index).unwrap().read_to_end(&mut all) {
        Ok(_) => Ok(all),
        Err(error) => Err(error.to_string()),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (index, (name, bytes)) in files.iter().enumerate() {
        let method = if index % 2 == 0 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let options = SimpleFileOptions::default().compression_method(method);
        if name.ends_with('/') {
            writer.add_directory(*name, options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_plain_file_is_its_only_member() {
    let (_folder, package) = package("report.txt", b"hello");
    let package = package.unwrap();
    assert_eq!((package.members()[0].name.as_str(), package.members()[0].bytes), ("report.txt", Some(5)));
    assert_eq!(text(&package, 0).unwrap(), b"hello");
    assert_eq!(text(&package, 0).unwrap(), b"hello");
    assert!(package.read(1).err().unwrap().message.contains("no file 2"));
}

#[test]
fn a_gzip_of_several_parts_is_one_member() {
    let (_folder, package) = package("report.txt.gz", &[gzip(b"one "), gzip(b"two")].concat());
    let package = package.unwrap();
    assert_eq!((package.members()[0].name.as_str(), package.members()[0].bytes), ("report.txt", None));
    assert_eq!(text(&package, 0).unwrap(), b"one two");
}

#[test]
fn a_zip_gives_its_files_without_folders_and_clutter() {
    let bytes = zip(&[
        ("2026/", b""),
        ("2026/a.txt", b"first"),
        ("__MACOSX/2026/._a.txt", b"junk"),
        ("2026/b.csv", b"second"),
        ("2026/.DS_Store", b"junk"),
    ]);
    let (_folder, package) = package("reports.zip", &bytes);
    let package = package.unwrap();
    let names: Vec<_> = package.members().iter().map(|member| (member.name.as_str(), member.bytes)).collect();
    assert_eq!(names, [("2026/a.txt", Some(5)), ("2026/b.csv", Some(6))]);
    assert_eq!(
        (text(&package, 1).unwrap(), text(&package, 0).unwrap()),
        (b"second".to_vec(), b"first".to_vec())
    );
}

#[test]
fn damage_is_told() {
    let whole = gzip(&b"settlement ".repeat(5000));
    let (_folder, package_of_gzip) = package("cut.gz", &whole[..whole.len() - 20]);
    assert!(text(&package_of_gzip.unwrap(), 0).is_err());
    let mut bytes = zip(&[("a.txt", b"unused"), ("b.txt", b"stored as it is")]);
    let at = bytes.windows(6).position(|window| window == b"stored").unwrap();
    bytes[at] = b'S';
    let (_folder, damaged) = package("bent.zip", &bytes);
    assert!(text(&damaged.unwrap(), 1).unwrap_err().contains("checksum"));
    assert!(refusal("cut.zip", &bytes[..bytes.len() / 2]).contains("cut off or damaged"));
}

#[test]
fn what_is_no_package_of_reports_is_refused_with_a_remedy() {
    assert!(refusal("book.xlsx", &zip(&[("[Content_Types].xml", b"<x/>")])).contains("spreadsheet"));
    assert!(refusal("empty.zip", &zip(&[])).contains("holds no file"));
    let names: Vec<String> = (0..1001).map(|index| format!("{index}.txt")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    assert!(refusal("many.zip", &zip(&many)).contains("more than 1000 files"));
    let mut encrypted = zip(&[("a.txt", b"secret")]);
    let at = encrypted.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    encrypted[at + 8] |= 1;
    encrypted[6] |= 1;
    assert!(refusal("locked.zip", &encrypted).contains("encrypted"));
    assert!(Package::open(Path::new("/")).err().unwrap().message.contains("folder"));
    assert!(Package::open(Path::new("/no/such/file")).err().unwrap().message.contains("cannot be opened"));
}

#[test]
fn a_zip_that_lies_about_a_size_ends_in_an_error() {
    let mut bytes = zip(&[("a.txt", b"xxxxxxxxxx".repeat(10_000).as_slice())]);
    let at = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[at + 24..at + 28].copy_from_slice(&10_u32.to_le_bytes());
    let (_folder, package) = package("lie.zip", &bytes);
    let package = package.unwrap();
    assert_eq!(package.members()[0].bytes, Some(10));
    assert!(text(&package, 0).unwrap_err().contains("longer than it says"));
    bytes[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(refusal("huge.zip", &bytes).contains("larger than 2 GiB"));
}

#[test]
fn a_gzip_bomb_ends_in_a_refusal_and_uses_no_memory() {
    let plan = Plan {
        seed: 1,
        id: 1,
        start: 1_790_000_000,
        end: 1_790_086_400,
        rows: 20,
        previous_reserve: 0,
        current_reserve: 0,
        extra: Vec::new(),
    };
    let mut report = Vec::new();
    write_v2(&plan, &Catalogue::new(1, 5), &mut report).unwrap();
    // Spaces without a line end, a gigabyte of them behind the report: reading stops at the second megabyte.
    let spaces = gzip(&vec![b' '; 16 << 20]).repeat(64);
    let (_folder, bomb) = package("bomb.gz", &[gzip(&report), spaces].concat());
    let options = ecom_ledger::settlement::Options::new().unwrap();
    let read = ecom_ledger::settlement::read(bomb.unwrap().read(0).unwrap(), &options, &|_| ());
    let refusal = read.err().unwrap();
    assert!(refusal.message.contains("longer than 1 MiB"), "{refusal}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_damaged_zip_never_panics(at in 0_usize..400, byte in any::<u8>()) {
        let mut bytes = zip(&[("a.txt", b"unpacked text, unpacked text"), ("b.txt", b"stored")]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let (_folder, package) = package("z.zip", &bytes);
        if let Ok(package) = package {
            for index in 0..package.members().len() {
                if let Ok(mut stream) = package.read(index) {
                    let _ = stream.read_to_end(&mut Vec::new());
                }
            }
        }
    }
}
