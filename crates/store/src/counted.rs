//! Reading a file to import while counting its bytes, for progress, and hashing them, to know it again.

use std::{
    io::{self, Read},
    sync::{Arc, atomic::Ordering},
};

use ecom_ledger::Refusal;
use ecom_vault::Fingerprinter;

use crate::import::{Opener, Progress};

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
pub(crate) fn counted(open: &Opener, bytes: &Progress) -> std::result::Result<Box<dyn Read + Send>, Refusal> {
    Ok(Box::new(Counted { reader: open()?, bytes: Arc::clone(bytes) }))
}

/// Hashes a file as it is read.
pub(crate) struct Hashed {
    pub(crate) reader: Box<dyn Read + Send>,
    pub(crate) hashers: Vec<Fingerprinter>,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hashers.iter_mut().for_each(|hasher| hasher.update(&buffer[..read]));
        Ok(read)
    }
}
