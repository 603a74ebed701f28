//! Files as people have them: plain, packed with gzip, or a zip with several reports.
//!
//! A package is opened by its path, lists its members, and hands out each one's unpacked bytes as a stream, as
//! often as asked. Nothing is unpacked into memory or onto the disk, and sizes that a zip claims are enforced.

mod directory;

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use flate2::{
    Crc,
    read::{DeflateDecoder, MultiGzDecoder},
};

use crate::{Refusal, settlement::MOST_FILE_BYTES};

use directory::Entry;

/// Largest package that is opened, in bytes as packed.
pub const MOST_PACKED_BYTES: u64 = 2 << 30;
/// Most files in a zip.
pub const MOST_MEMBERS: usize = 1000;
/// Most bytes of all files in a zip together, unpacked.
pub const MOST_ZIP_BYTES: u64 = 8 << 30;

const AGAIN: &str = "Check the file and try again";

/// A file in a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its name, in a zip with the folders above it.
    pub name: String,
    /// Its size unpacked, if the package says so.
    pub bytes: Option<u64>,
}

/// A plain file, a gzip or a zip on disk.
pub struct Package {
    path: PathBuf,
    packing: Packing,
    members: Vec<Member>,
}

enum Packing {
    Plain,
    Gzip,
    Zip(Vec<Entry>),
}

impl Package {
    /// Looks into a file: what is packed in it?
    ///
    /// # Errors
    /// If it cannot be read, is too large, is an encrypted or damaged zip, or a zip without files.
    pub fn open(path: &Path) -> Result<Self, Refusal> {
        let (mut file, size) = open(path)?;
        let mut magic = Vec::new();
        file.by_ref().take(4).read_to_end(&mut magic).map_err(|error| unreadable(&error))?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let (packing, members) = match magic.as_slice() {
            [0x1F, 0x8B, ..] => (Packing::Gzip, vec![Member { name: unpacked_name(&name), bytes: None }]),
            b"PK\x03\x04" | b"PK\x05\x06" => {
                let entries = directory::read(file)?;
                let member = |entry: &Entry| Member { name: entry.name.clone(), bytes: Some(entry.bytes) };
                let members = entries.iter().map(member).collect();
                (Packing::Zip(entries), members)
            }
            _ => (Packing::Plain, vec![Member { name, bytes: Some(size) }]),
        };
        Ok(Self { path: path.to_owned(), packing, members })
    }

    /// The same package under the name it came with, where it is kept under another. Files in a zip have their own.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        if let (Packing::Plain | Packing::Gzip, [member]) = (&self.packing, self.members.as_mut_slice()) {
            member.name = unpacked_name(name);
        }
        self
    }

    /// The files in it, in their order; at least one.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The unpacked bytes of a member. Can be called again and again.
    ///
    /// The stream ends in an error if the package is damaged or unpacks to more than it may.
    ///
    /// # Errors
    /// If there is no such member, or the file cannot be opened any more.
    pub fn read(&self, index: usize) -> Result<Box<dyn Read + Send>, Refusal> {
        if index >= self.members.len() {
            return Err(Refusal::whole(format!("There is no file {} in the package", index + 1), AGAIN));
        }
        let (mut file, _) = open(&self.path)?;
        match &self.packing {
            Packing::Plain => Ok(Box::new(file)),
            Packing::Gzip => {
                // One byte more than allowed: the reader behind counts too and says it better.
                let left = MOST_FILE_BYTES + 1;
                Ok(Box::new(Capped { inner: MultiGzDecoder::new(BufReader::new(file)), left }))
            }
            Packing::Zip(entries) => {
                let entry = &entries[index];
                file.seek(SeekFrom::Start(entry.start)).map_err(|error| unreadable(&error))?;
                let packed = BufReader::new(file.take(entry.packed));
                let plain: Box<dyn Read + Send> =
                    if entry.deflated { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) };
                Ok(Box::new(Checked::new(plain, entry)))
            }
        }
    }
}

/// The name of what is packed in a file of this name.
fn unpacked_name(name: &str) -> String {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".GZ")).unwrap_or(name).to_owned()
}

fn open(path: &Path) -> Result<(File, u64), Refusal> {
    let refuse = |error: io::Error| {
        Refusal::whole(format!("The file cannot be opened: {error}"), "Check its name and your rights")
    };
    let file = File::open(path).map_err(refuse)?;
    let metadata = file.metadata().map_err(refuse)?;
    if metadata.is_dir() {
        return Err(Refusal::whole("This is a folder, no file", "Choose the files inside it"));
    }
    if metadata.len() > MOST_PACKED_BYTES {
        let message = format!("The file is larger than {} GiB", MOST_PACKED_BYTES >> 30);
        return Err(Refusal::whole(message, "Split the period into several reports"));
    }
    Ok((file, metadata.len()))
}

fn unreadable(error: &io::Error) -> Refusal {
    Refusal::whole(format!("The file could not be read: {error}"), AGAIN)
}

/// Ends a stream in an error before it yields more than a file may have.
struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                let message = format!("it is larger than {} GiB when unpacked", MOST_FILE_BYTES >> 30);
                return Err(io::Error::other(message));
            }
        }
        Ok(count)
    }
}

/// Compares a member of a zip with the size and checksum that the zip's directory claims.
struct Checked<R> {
    inner: R,
    left: u64,
    sum: Crc,
    claimed: u32,
}

impl<R: Read> Checked<R> {
    fn new(inner: R, entry: &Entry) -> Self {
        Self { inner, left: entry.bytes, sum: Crc::new(), claimed: entry.checksum }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        let damaged =
            |what| io::Error::new(io::ErrorKind::InvalidData, format!("the zip is damaged: {what}"));
        self.left =
            self.left.checked_sub(count as u64).ok_or_else(|| damaged("a file is longer than it says"))?;
        self.sum.update(&out[..count]);
        if count == 0 && !out.is_empty() {
            if self.left > 0 {
                return Err(damaged("a file is shorter than it says"));
            }
            if self.sum.sum() != self.claimed {
                return Err(damaged("a checksum does not fit"));
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_without_end_ends_in_an_error() {
        let mut capped = Capped { inner: io::repeat(b'x'), left: 100_000 };
        let mut all = Vec::new();
        assert!(capped.read_to_end(&mut all).unwrap_err().to_string().contains("when unpacked"));
        assert!(all.len() <= 100_000);
    }
}
