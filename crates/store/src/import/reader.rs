//! Readers that an import puts around a file: one counts for the progress, one makes the file's addresses.

use std::{
    io::{self, Read},
    sync::{Arc, atomic::Ordering},
};

use ecom_ledger::Refusal;
use ecom_vault::Fingerprinter;

use super::{Opener, Progress};

struct Counted {
    reader: Box<dyn Read + Send>,
    bytes: Progress,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Opens a file and counts what is read of it.
pub(super) fn counted(open: &Opener, bytes: &Progress) -> Result<Box<dyn Read + Send>, Refusal> {
    Ok(Box::new(Counted { reader: open()?, bytes: Arc::clone(bytes) }))
}

/// Makes the addresses of what passes.
pub(super) struct Hashed {
    pub(super) reader: Box<dyn Read + Send>,
    pub(super) hashers: Vec<Fingerprinter>,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hashers.iter_mut().for_each(|hasher| hasher.update(&buffer[..read]));
        Ok(read)
    }
}
