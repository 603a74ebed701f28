//! The directory of a zip: which files it holds, and where.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

use zip::{CompressionMethod, ZipArchive, read::ZipFile, result::ZipError};

use crate::{Refusal, settlement::MOST_FILE_BYTES};

use super::{AGAIN, MOST_MEMBERS, MOST_ZIP_BYTES, unreadable};

/// A file in a zip.
pub(super) struct Entry {
    pub(super) name: String,
    /// Where its packed bytes begin, and how many there are.
    pub(super) start: u64,
    pub(super) packed: u64,
    /// Size and checksum unpacked.
    pub(super) bytes: u64,
    pub(super) checksum: u32,
    pub(super) deflated: bool,
}

/// The end record: signature, 18 bytes, and a comment of up to 64 KiB.
const END_SIGNATURE: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const MOST_END_BYTES: u64 = (END_BYTES + 0xFFFF) as u64;
/// More than a directory of 1000 names needs.
const MOST_DIRECTORY_BYTES: u32 = 4 << 20;

/// The files of a zip, without folders and what macOS puts beside them.
pub(super) fn read(mut file: File) -> Result<Vec<Entry>, Refusal> {
    refuse_many(&mut file)?;
    file.rewind().map_err(|error| unreadable(&error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    if archive.len() > MOST_MEMBERS {
        return Err(too_many());
    }
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        let name = member.name().map_or_else(
            |_| String::from_utf8_lossy(member.name_raw()).into_owned(),
            std::borrow::Cow::into_owned,
        );
        if name.eq_ignore_ascii_case("[Content_Types].xml") {
            let message = "The file is a spreadsheet or another Office document, no report";
            return Err(Refusal::whole(message, "Upload the report as Amazon made it, not a spreadsheet"));
        }
        if !member.is_dir() && !name.ends_with('/') && !is_clutter(&name) {
            entries.push(entry(name, &member)?);
        }
    }
    if entries.is_empty() {
        return Err(Refusal::whole("The zip holds no file", "Pack the reports again"));
    }
    let total: u128 = entries.iter().map(|entry| u128::from(entry.bytes)).sum();
    if total > u128::from(MOST_ZIP_BYTES) {
        let message = format!("The files in the zip have more than {} GiB together", MOST_ZIP_BYTES >> 30);
        return Err(Refusal::whole(message, "Upload the reports in several parts"));
    }
    Ok(entries)
}

fn is_clutter(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("__MACOSX/")
        || base.starts_with("._")
        || matches!(base, ".DS_Store" | "Thumbs.db" | "desktop.ini")
}

fn entry<R: Read>(name: String, member: &ZipFile<'_, R>) -> Result<Entry, Refusal> {
    if member.encrypted() {
        let message = format!("`{name}` in the zip is encrypted");
        return Err(Refusal::whole(
            message,
            "Unpack it and upload the files, or pack them without a password",
        ));
    }
    if member.size() > MOST_FILE_BYTES {
        let message =
            format!("`{name}` in the zip is larger than {} GiB when unpacked", MOST_FILE_BYTES >> 30);
        return Err(Refusal::whole(message, "Split the period into several reports"));
    }
    let deflated = match member.compression() {
        CompressionMethod::Stored => false,
        CompressionMethod::Deflated => true,
        other => {
            let message = format!("`{name}` in the zip is packed as {other:?}, which is not read");
            return Err(Refusal::whole(message, "Unpack it and upload the files"));
        }
    };
    let start = member.data_start().ok_or_else(|| damaged(&ZipError::FileNotFound))?;
    Ok(Entry {
        name,
        start,
        packed: member.compressed_size(),
        bytes: member.size(),
        checksum: member.crc32(),
        deflated,
    })
}

/// Reads the end record before anything else does: a directory of millions of names would fill the memory.
fn refuse_many(file: &mut File) -> Result<(), Refusal> {
    let tail = tail(file).map_err(|error| unreadable(&error))?;
    let Some(at) = memchr::memmem::rfind(&tail, END_SIGNATURE) else {
        let message = "The zip has no directory: it is cut off or damaged";
        return Err(Refusal::whole(message, AGAIN));
    };
    let record = &tail[at..];
    let (Some(&[low, high]), Some(&[a, b, c, d])) = (
        record.get(10..12).and_then(|bytes| bytes.first_chunk()),
        record.get(12..16).and_then(|bytes| bytes.first_chunk()),
    ) else {
        return Err(Refusal::whole("The zip's directory is cut off", AGAIN));
    };
    // 0xFFFF stands for a zip64 with more members than fit here.
    let members = u16::from_le_bytes([low, high]);
    if usize::from(members) > MOST_MEMBERS || u32::from_le_bytes([a, b, c, d]) > MOST_DIRECTORY_BYTES {
        return Err(too_many());
    }
    Ok(())
}

fn tail(file: &mut File) -> io::Result<Vec<u8>> {
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(size.saturating_sub(MOST_END_BYTES)))?;
    let mut tail = Vec::new();
    file.take(MOST_END_BYTES).read_to_end(&mut tail)?;
    Ok(tail)
}

fn too_many() -> Refusal {
    let message = format!("The zip holds more than {MOST_MEMBERS} files");
    Refusal::whole(message, "Upload the reports in several parts")
}

fn damaged(error: &ZipError) -> Refusal {
    Refusal::whole(
        format!("The zip cannot be read: {error}"),
        "Pack the reports again, or upload them one by one",
    )
}
