//! What a person typed into a form: read, checked, and shown again beside what is wrong with it.
//!
//! Text is trimmed, has a named limit, and holds no control characters. Passwords are never shown again.

use askama::Template;
use axum::{
    Form,
    extract::{FromRequest, Request},
    http::StatusCode,
};

use ecom_ledger::{Currency, settlement::amount_of_text};
use jiff::civil::Date;

use crate::{app::App, fault::Fault, period};

/// The fields of a form as sent, and the errors found so far. What was typed may be a password: it has no `Debug`.
#[derive(Default)]
pub(crate) struct Entry {
    values: Vec<(String, String)>,
    errors: Vec<(&'static str, String)>,
}

impl FromRequest<App> for Entry {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        match Form::<Vec<(String, String)>>::from_request(request, app).await {
            Ok(Form(values)) => Ok(Self { values, errors: Vec::new() }),
            Err(rejection) => Err(match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Fault::TooLarge(
                    "A form of this size is not taken; send less at once. Nothing was changed.".to_owned(),
                ),
                StatusCode::BAD_REQUEST => {
                    Fault::invalid("form", "It did not arrive as a whole. Go back and send it again.")
                }
                _ => Fault::invalid("form", rejection.body_text()),
            }),
        }
    }
}

impl Entry {
    /// A form that is prefilled.
    pub(crate) fn with(values: &[(&str, &str)]) -> Self {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { values, errors: Vec::new() }
    }

    /// What was typed, as it is.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.values.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether the form had such a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(key, _)| key == name)
    }

    /// A text that may be empty, of at most `most` characters.
    pub(crate) fn optional(&mut self, name: &'static str, most: usize) -> String {
        let text = self.raw(name).trim().to_owned();
        if text.chars().any(char::is_control) {
            self.refuse(name, "Remove the line breaks or control characters.");
        } else if text.chars().count() > most {
            self.refuse(name, format!("At most {most} characters."));
        }
        text
    }

    /// A text that must be there; `missing` says what to do if it is not.
    pub(crate) fn text(&mut self, name: &'static str, most: usize, missing: &str) -> String {
        let text = self.optional(name, most);
        if text.is_empty() {
            self.refuse(name, missing);
        }
        text
    }

    /// A day that may be empty, of the years that pages speak about.
    pub(crate) fn day(&mut self, name: &'static str) -> Option<Date> {
        let text = self.optional(name, 20);
        let day = period::civil(&text);
        if day.is_none() && !text.is_empty() {
            self.refuse(name, format!("`{text}` is no day between 1995 and 2150; write it as 2026-04-01."));
        }
        day
    }

    /// An amount that is not below 0; an empty one is 0.
    pub(crate) fn amount(&mut self, name: &'static str, currency: Currency, most: i64) -> i64 {
        let text = self.optional(name, 40);
        if text.is_empty() {
            return 0;
        }
        match amount_of_text(&text, currency) {
            Some(amount) if (0..=most).contains(&amount) => return amount,
            Some(amount) if amount < 0 => self.refuse(name, "Write it without a sign."),
            Some(_) => self.refuse(name, "This is more than the books can hold; look at the digits."),
            None => self.refuse(name, format!("`{text}` is no amount; write it as 1234.50.")),
        }
        0
    }

    /// Notes what is wrong with a field; the first message stays.
    pub(crate) fn refuse(&mut self, name: &'static str, message: impl Into<String>) {
        if self.error(name).is_none() {
            self.errors.push((name, message.into()));
        }
    }

    /// What is wrong with a field.
    pub(crate) fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|(field, _)| *field == name).map(|(_, message)| message.as_str())
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_good(&self) -> bool {
        self.errors.is_empty()
    }

    /// A field of this form, to be shown.
    pub(crate) fn field(&self, name: &'static str, label: &'static str) -> Field {
        Field {
            name,
            label,
            kind: "text",
            value: self.raw(name).to_owned(),
            error: self.error(name).map(ToOwned::to_owned),
            hint: None,
            complete: "off",
            options: Vec::new(),
            suggested: Vec::new(),
            optional: false,
            first_wrong: self.errors.first().is_some_and(|(first, _)| *first == name),
        }
    }
}

/// A field with its label, hint and error.
#[derive(Template)]
#[template(path = "entry/field.html")]
pub(crate) struct Field {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    value: String,
    error: Option<String>,
    hint: Option<String>,
    complete: &'static str,
    options: Vec<(String, String)>,
    suggested: Vec<String>,
    optional: bool,
    first_wrong: bool,
}

impl askama::filters::HtmlSafe for Field {}

impl Field {
    /// Another kind of input: `email`, `tel`, `date`, `amount`, `password`, `check`, `choice`.
    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        if kind == "password" {
            self.value.clear();
        }
        self.kind = kind;
        self
    }

    /// Explains the field.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the browser may fill in by itself.
    pub(crate) fn complete(mut self, complete: &'static str) -> Self {
        self.complete = complete;
        self
    }

    /// A choice among values with their words.
    pub(crate) fn choice(mut self, options: impl IntoIterator<Item = (String, String)>) -> Self {
        self.options = options.into_iter().collect();
        self.kind("choice")
    }

    /// Texts to pick from while typing.
    pub(crate) fn suggesting(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        self.suggested = texts.into_iter().collect();
        self
    }

    /// May stay empty.
    pub(crate) fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Ids of hint and error, for screen readers.
    fn described(&self) -> String {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.name));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.name));
        hint.into_iter().chain(error).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_limited_and_free_of_control_characters() {
        let mut entry = Entry::with(&[("a", "  Kurta House "), ("b", "x\0y"), ("c", "12345"), ("d", " ")]);
        assert_eq!(entry.text("a", 20, "?"), "Kurta House");
        assert!(entry.is_good());
        entry.text("b", 20, "?");
        entry.text("c", 4, "?");
        entry.text("d", 4, "Type something.");
        assert_eq!(entry.error("b"), Some("Remove the line breaks or control characters."));
        assert_eq!(entry.error("c"), Some("At most 4 characters."));
        assert_eq!(entry.error("d"), Some("Type something."));
    }

    ecom_vault::lacks!(Entry => std::fmt::Debug);
    ecom_vault::lacks!(Entry => serde::Serialize);

    #[test]
    fn a_password_is_never_shown_again() {
        let entry = Entry::with(&[("password", "correct horse <battery>")]);
        let shown = entry.field("password", "Password").kind("password").render().unwrap();
        assert!(!shown.contains("horse") && shown.contains("type=\"password\""), "{shown}");
    }

    #[test]
    fn what_was_typed_is_escaped() {
        let entry = Entry::with(&[("name", "\"><script>alert(1)</script>")]);
        let shown = entry.field("name", "Name").render().unwrap();
        assert!(!shown.contains("<script>"), "{shown}");
    }
}
