//! Reading a mail that was taken: its head, and its parts as text.

use super::TakenMail;

impl TakenMail {
    /// The whole mail as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    /// The value of a field of the head, its lines joined.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.text();
        let head = text.split_once("\r\n\r\n").map_or(text.as_str(), |(head, _)| head);
        field(head, name)
    }

    /// Names of the fields of the head, in their order.
    pub fn fields(&self) -> Vec<String> {
        let text = self.text();
        let head = text.split_once("\r\n\r\n").map_or(text.as_str(), |(head, _)| head);
        let first = head.lines().filter(|line| !line.starts_with([' ', '\t']));
        first.filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_owned()).collect()
    }

    /// The part of a kind, such as `text/plain`, decoded.
    pub fn part(&self, kind: &str) -> Option<String> {
        let text = self.text();
        let boundary = self.header("Content-Type")?;
        let boundary = boundary.split_once("boundary=\"")?.1.split_once('"')?.0.to_owned();
        for part in text.split(&format!("--{boundary}")) {
            let Some((head, body)) = part.trim_start_matches("\r\n").split_once("\r\n\r\n") else { continue };
            if field(head, "Content-Type").is_some_and(|found| found.starts_with(kind)) {
                let body = body.strip_suffix("\r\n").unwrap_or(body);
                let bytes = match field(head, "Content-Transfer-Encoding").as_deref() {
                    Some("quoted-printable") => quoted_printable(body),
                    Some("base64") => base64(body),
                    _ => body.as_bytes().to_vec(),
                };
                return Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
            }
        }
        None
    }
}

fn field(head: &str, name: &str) -> Option<String> {
    let joined = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let line = joined
        .lines()
        .find(|line| line.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(name)))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Base64 (RFC 4648); what is no digit of it is skipped.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_usize, 0_u32);
    for digit in digits {
        held = (held << 6 | digit) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.extend(u8::try_from(held >> bits & 0xFF));
        }
    }
    bytes
}

/// Quoted-printable (RFC 2045, 6.7).
fn quoted_printable(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'=', [b'\r', b'\n', after @ ..]) => rest = after,
            (b'=', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let value =
                    std::str::from_utf8(&digits).ok().and_then(|two| u8::from_str_radix(two, 16).ok());
                bytes.extend(value);
                rest = after;
            }
            _ => bytes.push(*byte),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_read() {
        assert_eq!(base64("AGFzaGEAcGFzcw=="), b"\0asha\0pass");
        assert_eq!(base64(""), b"");
        assert_eq!(quoted_printable("=E2=82=B9 1,234=\r\n.50 =3D"), "₹ 1,234.50 =".as_bytes());
    }

    #[test]
    fn a_part_is_found_and_decoded() {
        let data = "Subject: Hello\r\n there\r\nContent-Type: multipart/alternative; boundary=\"cut\"\r\n\r\n\
            --cut\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            =E2=82=B9 1\r\n--cut--\r\n";
        let mail = TakenMail {
            from: String::new(),
            to: Vec::new(),
            user: None,
            tls: false,
            data: data.as_bytes().to_vec(),
        };
        assert_eq!(mail.header("subject").as_deref(), Some("Hello there"));
        assert_eq!(mail.fields(), ["Subject", "Content-Type"]);
        assert_eq!(mail.part("text/plain").as_deref(), Some("₹ 1"));
        assert_eq!(mail.part("text/html"), None);
    }
}
