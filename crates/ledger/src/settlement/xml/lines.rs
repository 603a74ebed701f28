//! Counts lines and bytes for the XML reader, and keeps one piece of markup or text from growing without end.

use std::io::{self, BufRead, BufReader, Read};

use crate::{
    Refusal,
    settlement::{
        blocks::{BlockError, MOST_FILE_BYTES, MOST_LINE_BYTES},
        merge,
    },
};

/// A buffered stream that knows how many lines were consumed.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    /// Line ends consumed so far.
    pub(super) ends: u64,
    /// Bytes consumed so far.
    pub(super) bytes: u64,
    /// Bytes consumed since the last piece.
    since: usize,
    /// Why reading stopped.
    pub(super) refused: Option<Refusal>,
    /// Whether the last byte consumed ends a line.
    pub(super) ended: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::new(reader), ends: 0, bytes: 0, since: 0, refused: None, ended: true }
    }

    /// A piece is whole: the next one may be as long again.
    pub(super) fn whole(&mut self) {
        self.since = 0;
    }

    fn refuse(&mut self, refusal: Refusal) -> io::Error {
        self.refused = Some(refusal);
        io::Error::other("refused")
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Lines<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > MOST_LINE_BYTES {
            let line = self.ends + 1;
            let message = "a tag or text before this line is longer than 1 MiB";
            return Err(self.refuse(Refusal::at(
                line,
                "",
                message,
                "This is no settlement report; choose another file",
            )));
        }
        if self.bytes > MOST_FILE_BYTES {
            return Err(self.refuse(merge::refuse_block(&BlockError::TooLarge)));
        }
        let fresh = self.reader.buffer().is_empty();
        if fresh {
            self.reader.fill_buf()?;
            if let Some(at) = memchr::memchr(0, self.reader.buffer()) {
                let before = memchr::memchr_iter(b'\n', &self.reader.buffer()[..at]).count() as u64;
                let refusal = merge::refuse_nul(self.ends + before + 1);
                return Err(self.refuse(refusal));
            }
        }
        Ok(self.reader.buffer())
    }

    fn consume(&mut self, count: usize) {
        let consumed = &self.reader.buffer()[..count.min(self.reader.buffer().len())];
        self.ends += memchr::memchr_iter(b'\n', consumed).count() as u64;
        self.ended = consumed.last().map_or(self.ended, |&byte| byte == b'\n');
        self.bytes += count as u64;
        self.since += count;
        self.reader.consume(count);
    }
}
