#![no_main]

use std::io::Read;

use ecom_ledger::unpack::Package;

/// Enough of a member to see whether it unpacks.
const MOST_BYTES: u64 = 1 << 20;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let Ok(package) = Package::open(file.path()) else { return };
    assert!(!package.members().is_empty());
    for index in 0..package.members().len() {
        if let Ok(stream) = package.read(index) {
            let _ = stream.take(MOST_BYTES).read_to_end(&mut Vec::new());
        }
    }
});
