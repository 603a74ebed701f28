//! Where a mail goes: a name and an address that can stand in the head of a mail without ending it.

/// Longest address that SMTP carries (RFC 5321, 4.5.3.1.3, without the brackets).
const MOST_ADDRESS: usize = 254;
/// Longest part before the @ (RFC 5321, 4.5.3.1.1).
const MOST_LOCAL: usize = 64;
/// Longest name in characters.
const MOST_NAME: usize = 200;

/// A name and an address.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    name: String,
    address: String,
}

/// Personal data is not printed, not even in an error's details.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address([personal])")
    }
}

/// Why mail cannot go there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressError {
    /// The name has control characters, or is too long.
    #[error("the name has control characters or more than {MOST_NAME} of them all")]
    Name,
    /// The address is none that mail can be sent to.
    #[error("this is no address that mail can be sent to; one looks like asha@example.in")]
    Address,
}

impl Address {
    /// Reads a name (which may be empty) and an address.
    pub fn new(name: &str, address: &str) -> Result<Self, AddressError> {
        let (name, address) = (name.trim(), address.trim());
        if name.chars().any(char::is_control) || name.chars().count() > MOST_NAME {
            return Err(AddressError::Name);
        }
        if !is_address(address) {
            return Err(AddressError::Address);
        }
        Ok(Self { name: name.to_owned(), address: address.to_owned() })
    }

    /// Reads `Name <address>`, or an address alone.
    pub fn read(text: &str) -> Result<Self, AddressError> {
        match text.trim().strip_suffix('>').and_then(|rest| rest.split_once('<')) {
            Some((name, address)) => Self::new(name.trim().trim_matches('"'), address),
            None => Self::new("", text),
        }
    }

    /// The name; may be empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What stands after the @.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The plain form that every mail server takes: no quotes, no comments, ASCII only.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= MOST_ADDRESS
        && local.len() <= MOST_LOCAL
        && local.split('.').all(atom)
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_people_have_are_taken() {
        for good in [
            "asha@kurta-house.example",
            "a.b+c_d@mail.example.co.in",
            "o'hara@example.org",
            "root@localhost",
            " spaces@around.example ",
        ] {
            let read = Address::new("Asha Rao", good).unwrap();
            assert_eq!(read.address(), good.trim());
        }
        let named = Address::read("\"Kurta House, Bengaluru\" <books@kurta-house.example>").unwrap();
        assert_eq!((named.name(), named.domain()), ("Kurta House, Bengaluru", "kurta-house.example"));
        assert_eq!(Address::read("books@kurta-house.example").unwrap().name(), "");
    }

    #[test]
    fn nothing_that_could_end_a_head_or_name_another_reader_is_taken() {
        for wrong in [
            "",
            "asha",
            "@example.in",
            "asha@",
            "asha@example.in\r\nBcc: b@example.in",
            "asha@example.in\nX: y",
            "asha@example.in, b@example.in",
            "asha@example.in>,<b@example.in",
            "asha rao@example.in",
            "\"asha\"@example.in",
            "asha@exam ple.in",
            "asha@-example.in",
            "asha@example..in",
            "a..b@example.in",
            "asha@[127.0.0.1]",
            "आशा@example.in",
            "a\0b@example.in",
            "a@b@example.in",
        ] {
            assert_eq!(Address::new("Asha", wrong), Err(AddressError::Address), "{wrong:?}");
        }
        assert!(Address::new("", &format!("{}@example.in", "a".repeat(65))).is_err());
        assert!(Address::new("", &format!("a@{}.in", "b".repeat(64))).is_err());
        for wrong in ["Asha\r\nBcc: b@example.in", "Asha\n", "A\u{0}", "A\u{85}B", &"x".repeat(201)] {
            let read = Address::new(wrong, "asha@example.in");
            assert!(read == Err(AddressError::Name) || wrong.trim() != wrong, "{wrong:?}");
        }
        assert_eq!(
            Address::new("Asha\u{2028}", "asha@example.in").map(|one| one.name),
            Ok("Asha".to_owned())
        );
    }

    #[test]
    fn an_address_is_never_printed() {
        let address = Address::new("Asha Rao", "asha@example.in").unwrap();
        assert!(!format!("{address:?}").contains("asha"));
    }
}
