//! What a mail is made of, and its two forms: HTML and text. One template each draws all letters, so that none looks
//! different from the others or says one thing here and another there.

use askama::Template;

use super::Mail;

/// A mail in parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sheet {
    /// Subject.
    pub subject: String,
    /// What a list of mails shows beside the subject.
    pub preview: String,
    /// Heading.
    pub title: String,
    /// From top to bottom.
    pub parts: Vec<Part>,
    /// Why its reader gets it.
    pub why: String,
    /// Where to stop mails of this kind: words and address.
    pub withdraw: Option<(String, String)>,
}

/// A part of a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// A paragraph.
    Text(String),
    /// A paragraph in the quiet colour.
    Soft(String),
    /// The one thing to do: label and address. Without an address it is said that it is not kept.
    Button(String, Option<String>),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// The figure that matters: name, value, how it stands against before.
    Figure(String, String, String),
    /// Names and amounts, under a figure.
    Rows(Vec<(String, String)>),
    /// Things to do: what, and label and address of where.
    Tasks(String, Vec<(String, String, String)>),
}

/// A mail in both forms.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Subject.
    pub subject: String,
    /// For clients that show HTML.
    pub html: String,
    /// For all others.
    pub text: String,
    /// The address for stopping mails of this kind.
    pub withdraw: Option<String>,
}

/// It holds names, figures and the secret end of a link, none of which is for logs.
impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rendered([personal])")
    }
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    sheet: &'a Sheet,
    site: &'a str,
    home: String,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    sheet: &'a Sheet,
    site: &'a str,
}

impl Sheet {
    pub(crate) fn render(&self, mail: &Mail) -> Result<Rendered, askama::Error> {
        let html = Html { sheet: self, site: mail.site(), home: mail.url("/") }.render()?;
        let text = Text { sheet: self, site: mail.site() }.render()?;
        Ok(Rendered {
            subject: self.subject.clone(),
            html,
            text,
            withdraw: self.withdraw.as_ref().map(|(_, url)| url.clone()),
        })
    }
}

/// A row of names and amounts, the amounts under each other in text.
pub(crate) fn aligned(rows: &[(String, String)]) -> Vec<String> {
    let width =
        |texts: &mut dyn Iterator<Item = &String>| texts.map(|text| text.chars().count()).max().unwrap_or(0);
    let names = width(&mut rows.iter().map(|(name, _)| name));
    let values = width(&mut rows.iter().map(|(_, value)| value));
    rows.iter().map(|(name, value)| format!("{name:<names$}  {value:>values$}")).collect()
}
