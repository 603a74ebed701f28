//! Cuts a stream into blocks of about 1 MiB that end at a line end.

use std::io::{self, Read};

/// Aim of a block's size.
const BLOCK_BYTES: usize = 1 << 20;
/// A line longer than this is no line of Amazon's.
pub(crate) const MOST_LINE_BYTES: usize = 1 << 20;
/// Largest decompressed file that is read.
pub const MOST_FILE_BYTES: u64 = 2 << 30;

/// Where blocks come from.
pub(crate) struct Blocks<R> {
    reader: R,
    carry: Vec<u8>,
    next: u32,
    bytes: u64,
    done: bool,
}

/// Why no block could be had.
#[derive(Debug)]
pub(crate) enum BlockError {
    Io(io::Error),
    LongLine,
    TooLarge,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, carry: Vec::new(), next: 0, bytes: 0, done: false }
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Fills `block` with whole lines and returns its number; `None` at the end.
    pub(crate) fn next(&mut self, block: &mut Vec<u8>) -> Result<Option<u32>, BlockError> {
        block.clear();
        block.append(&mut self.carry);
        while !self.done {
            let from = block.len();
            self.fill(block)?;
            if let Some(end) = memchr::memrchr(b'\n', &block[from..]) {
                let cut = if self.done { block.len() } else { from + end + 1 };
                self.carry.extend_from_slice(&block[cut..]);
                block.truncate(cut);
                break;
            }
            if block.len() > MOST_LINE_BYTES + BLOCK_BYTES {
                return Err(BlockError::LongLine);
            }
        }
        if block.is_empty() {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some(self.next - 1))
    }

    /// Reads up to a block more; marks the end of the stream.
    fn fill(&mut self, block: &mut Vec<u8>) -> Result<(), BlockError> {
        let from = block.len();
        block.resize(from + BLOCK_BYTES, 0);
        let mut filled = from;
        while filled < block.len() {
            match self.reader.read(&mut block[filled..]) {
                Ok(0) => {
                    self.done = true;
                    break;
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(BlockError::Io(error)),
            }
        }
        block.truncate(filled);
        self.bytes += (filled - from) as u64;
        if self.bytes > MOST_FILE_BYTES { Err(BlockError::TooLarge) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn blocks_are_whole_lines_and_lose_nothing(lines in 0_usize..90_000, width in 1_usize..60, ended in any::<bool>()) {
            let mut text = format!("{}\n", "x".repeat(width)).repeat(lines);
            if !ended { text.push_str("tail"); }
            let mut blocks = Blocks::new(text.as_bytes());
            let (mut block, mut all, mut count) = (Vec::new(), Vec::new(), 0);
            while let Some(number) = blocks.next(&mut block).unwrap() {
                prop_assert_eq!(number, count);
                count += 1;
                all.extend_from_slice(&block);
                prop_assert!(block.ends_with(b"\n") || all.len() == text.len());
            }
            prop_assert!(all == text.as_bytes());
        }
    }

    #[test]
    fn a_stream_beyond_the_limit_is_refused() {
        let mut blocks = Blocks::new(io::repeat(b'\n'));
        let mut block = Vec::new();
        let end = loop {
            match blocks.next(&mut block) {
                Ok(Some(_)) => {}
                other => break other,
            }
        };
        assert!(matches!(end, Err(BlockError::TooLarge)));
        assert!(block.len() <= 2 * BLOCK_BYTES);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut blocks = Blocks::new(io::repeat(b'x'));
        assert!(matches!(blocks.next(&mut Vec::new()), Err(BlockError::LongLine)));
    }
}
