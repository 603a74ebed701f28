//! Parameters of an address. What cannot be read is told by name; nothing typed by hand leads to a failure.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};

use crate::{
    app::App,
    fault::{Fault, Page},
};

/// The parameters of an address, in order. An empty one counts as absent: forms send them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl FromRequestParts<App> for Params {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, app).await;
        let Query(values) = query.map_err(|rejection| Fault::invalid("address", rejection.body_text()))?;
        Ok(Self::new(values))
    }
}

impl Params {
    pub(crate) fn new(values: Vec<(String, String)>) -> Self {
        Self(values.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The first value of a name.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A value that must be of a form if it is there; `form` says which.
    pub(crate) fn read<T>(
        &self,
        name: &str,
        form: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Page<Option<T>> {
        match self.one(name) {
            None => Ok(None),
            Some(text) => match read(text) {
                Some(value) => Ok(Some(value)),
                None => Err(Fault::invalid(name, format!("`{}` is not {form}.", shortened(text)))),
            },
        }
    }
}

/// Enough of a text to recognise it.
fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    let kept: String = text.chars().take(MOST).collect();
    if kept.len() < text.len() { kept + "…" } else { kept }
}

/// Builds the query of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link(String);

impl Link {
    pub(crate) fn to(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// Adds a parameter.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push(if self.0.contains('?') { '&' } else { '?' });
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(&encoded(value));
        self
    }

    /// Adds parameters, written already as `name=value&…`.
    pub(crate) fn and(mut self, query: &str) -> Self {
        if !query.is_empty() {
            self.0.push(if self.0.contains('?') { '&' } else { '?' });
            self.0.push_str(query);
        }
        self
    }

    pub(crate) fn text(self) -> String {
        self.0
    }
}

/// Percent-encodes everything but what is always plain in a query.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                for nibble in [byte >> 4, byte & 15] {
                    encoded.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
                }
            }
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_carry_any_text() {
        let link = Link::to("/lines")
            .with("sku", "A&B=ü ?")
            .with("account", "expense:fee:referral")
            .and("month=2026-09");
        assert_eq!(link.text(), "/lines?sku=A%26B%3D%C3%BC%20%3F&account=expense:fee:referral&month=2026-09");
    }

    #[test]
    fn what_cannot_be_read_is_told_by_name() {
        let params = Params::new(vec![("page".into(), "x".repeat(100)), ("empty".into(), String::new())]);
        let fault = params.read("page", "a number", |text| text.parse::<i64>().ok()).unwrap_err();
        let Fault::Invalid(fields) = fault else { panic!("{fault:?}") };
        assert!(fields[0].0 == "page" && fields[0].1.len() < 80, "{fields:?}");
        assert!(params.read("empty", "a number", |text| text.parse::<i64>().ok()).unwrap().is_none());
    }
}
