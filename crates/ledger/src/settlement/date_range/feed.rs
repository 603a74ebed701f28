//! Hands a file to the CSV reader line by line, so that line numbers stay those of the file.

use std::io::{self, Read};

use crate::{
    Refusal,
    settlement::{
        blocks::{Blocks, MOST_LINE_BYTES},
        merge,
    },
};

/// Gives one line for each read, whatever its end looks like, and counts them.
pub(super) struct Feed<R> {
    blocks: Blocks<R>,
    block: Vec<u8>,
    at: usize,
    /// Lines handed out so far.
    pub(super) lines: u64,
    /// Bytes since the last whole record.
    since: usize,
    /// Why reading stopped.
    pub(super) refused: Option<Refusal>,
}

impl<R: Read> Feed<R> {
    /// A feed that leaves out the first `skip` lines.
    pub(super) fn new(reader: R, skip: u64) -> Result<Self, Refusal> {
        let mut feed =
            Self { blocks: Blocks::new(reader), block: Vec::new(), at: 0, lines: 0, since: 0, refused: None };
        while feed.lines < skip && feed.fill()? {
            let rest = &feed.block[feed.at..];
            feed.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            feed.lines += 1;
        }
        Ok(feed)
    }

    /// Bytes read so far.
    pub(super) fn consumed(&self) -> u64 {
        self.blocks.bytes()
    }

    /// A record is whole: the next one may be as long again.
    pub(super) fn whole(&mut self) {
        self.since = 0;
    }

    /// Whether there is a line to hand out.
    fn fill(&mut self) -> Result<bool, Refusal> {
        if self.at < self.block.len() {
            return Ok(true);
        }
        self.at = 0;
        let found = self.blocks.next(&mut self.block).map_err(|error| merge::refuse_block(&error))?;
        if let Some(at) = memchr::memchr(0, &self.block) {
            let before = memchr::memchr_iter(b'\n', &self.block[..at]).count() as u64;
            return Err(merge::refuse_nul(self.lines + before + 1));
        }
        Ok(found.is_some())
    }

    fn line(&mut self, out: &mut [u8]) -> Result<usize, Refusal> {
        if self.since > MOST_LINE_BYTES {
            let message =
                "a quote that opens before this line is never closed: the file is cut off or was changed";
            return Err(Refusal::at(self.lines, "", message, "Download the report again"));
        }
        if !self.fill()? {
            return Ok(0);
        }
        let rest = &self.block[self.at..];
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let count = end.min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        self.since += count;
        self.lines += u64::from(count == end);
        Ok(count)
    }
}

impl<R: Read> Read for Feed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.line(out).map_err(|refusal| {
            self.refused = Some(refusal);
            io::Error::other("refused")
        })
    }
}
