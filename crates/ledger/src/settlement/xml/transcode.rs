//! Turns a document in another encoding into UTF-8, by what its declaration says.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};

/// The encoding that `<?xml … encoding="…"?>` names; UTF-8 without one.
pub(super) fn declared(head: &[u8]) -> &'static Encoding {
    let body = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let declaration = body.strip_prefix(b"<?xml").and_then(|body| body.split(|&byte| byte == b'>').next());
    let text = String::from_utf8_lossy(declaration.unwrap_or_default());
    let named = text.split_once("encoding").map(|(_, rest)| rest.trim_start_matches(['=', ' ']));
    let quoted = named.and_then(|rest| rest.get(1..)?.split(['"', '\'']).next());
    quoted.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8)
}

/// A stream in UTF-8.
pub(super) struct Transcode<R> {
    inner: R,
    /// None if the stream is UTF-8 already.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Transcode<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        Self { inner, decoder, raw: Vec::new(), at: 0, ended: false }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.raw.clear();
        self.at = 0;
        self.inner.by_ref().take(8192).read_to_end(&mut self.raw)?;
        self.ended = self.raw.is_empty();
        Ok(())
    }
}

impl<R: Read> Read for Transcode<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.decoder.is_none() {
            return self.inner.read(out);
        }
        loop {
            if self.at == self.raw.len() && !self.ended {
                self.fill()?;
            }
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            let (result, read, written, _) = decoder.decode_to_utf8(&self.raw[self.at..], out, self.ended);
            self.at += read;
            if written > 0 {
                return Ok(written);
            }
            match result {
                CoderResult::InputEmpty if self.ended => {
                    self.decoder = None;
                    return Ok(0);
                }
                CoderResult::InputEmpty => {}
                CoderResult::OutputFull => return Err(io::Error::other("no room for a character")),
            }
        }
    }
}
