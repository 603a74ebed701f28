//! Bytes as hexadecimal text and back.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Bytes as text, in small letters.
pub fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// Exactly `out.len()` bytes from either letter case; false leaves `out` in any state.
pub(crate) fn decode(text: &[u8], out: &mut [u8]) -> bool {
    if text.len() != out.len() * 2 {
        return false;
    }
    let digit = |letter: u8| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        b'A'..=b'F' => Some(letter - b'A' + 10),
        _ => None,
    };
    text.chunks_exact(2).zip(out).all(|(pair, byte)| match (digit(pair[0]), digit(pair[1])) {
        (Some(high), Some(low)) => {
            *byte = high << 4 | low;
            true
        }
        _ => false,
    })
}

/// The lines of a fixture, cut into words; `#` begins a comment.
/// `N` bytes from text of exactly twice as many digits, in either letter case.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    decode(text.as_bytes(), &mut bytes).then_some(bytes)
}

#[cfg(test)]
pub(crate) fn vectors<'a, const N: usize>(text: &'a str) -> Vec<[&'a str; N]> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(' ').collect::<Vec<&'a str>>().try_into().unwrap()).collect()
}

/// Bytes of a fixture; `-` stands for none.
#[cfg(test)]
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let text = text.strip_prefix('-').unwrap_or(text);
    let mut out = vec![0; text.len() / 2];
    assert!(decode(text.as_bytes(), &mut out), "{text}");
    out
}
