//! What a browser does: forms and uploads of the same site over HTTP, with its cookies.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{Error, ErrorKind, Read, Result, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use super::files::Offer;

const BOUNDARY: &str = "----ecom-kill-proof";
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// A body goes out in pieces, as over a slow line, so that a kill may fall between two of them.
const PIECE: usize = 64 * 1024;
const BETWEEN_PIECES: Duration = Duration::from_millis(8);

#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) port: u16,
    /// Where a proxy in front says it is.
    address: String,
    cookies: BTreeMap<String, String>,
}

/// An answer that came whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Browser {
    /// One in a network of its own, so that no limit of a network is met.
    pub(crate) fn new(port: u16, network: u64) -> Self {
        let address = format!("10.{}.{}.1", network / 250 % 250, network % 250);
        Self { port, address, cookies: BTreeMap::new() }
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, "text/plain", &[])
    }

    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        self.send("POST", path, "application/x-www-form-urlencoded", pairs.join("&").as_bytes())
    }

    /// Sends files in. The account is named: the first time it is made, later it is known.
    pub(crate) fn upload(&mut self, files: &[Offer]) -> Result<Answer> {
        let mut body = Vec::new();
        for (name, value) in [("account", ""), ("account_name", "Amazon.in")] {
            write!(
                body,
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )?;
        }
        for file in files {
            write!(
                body,
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n",
                file.name
            )?;
            body.extend(file.bytes());
            body.extend(b"\r\n");
        }
        write!(body, "--{BOUNDARY}--\r\n")?;
        self.send("POST", "/uploads", &format!("multipart/form-data; boundary={BOUNDARY}"), &body)
    }

    fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let site = format!("127.0.0.1:{}", self.port);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {site}\r\nOrigin: http://{site}\r\nSec-Fetch-Site: same-origin\r\n\
             X-Forwarded-For: {}\r\nCookie: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            self.address,
            cookies.join("; "),
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        for piece in body.chunks(PIECE) {
            stream.write_all(piece)?;
            if body.len() > PIECE {
                thread::sleep(BETWEEN_PIECES);
            }
        }
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        self.read(&String::from_utf8_lossy(&answer))
    }

    /// An answer that was cut off in its head is none.
    fn read(&mut self, text: &str) -> Result<Answer> {
        let cut = || Error::from(ErrorKind::UnexpectedEof);
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(cut)?;
        for line in head.lines() {
            if let Some((name, value)) = line.split_once(": ")
                && name.eq_ignore_ascii_case("set-cookie")
                && let Some((name, value)) = value.split(';').next().unwrap_or_default().split_once('=')
            {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Answer { status, body: body.to_owned() })
    }
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
