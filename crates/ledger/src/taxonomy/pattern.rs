//! Patterns of the taxonomy: folded text, `*` for any run of characters, alternatives.

/// Text folded for comparison.
pub(super) struct Folded {
    /// Lower case, letters and digits only: `Shipping tax` and `ShippingTax` are one name.
    squeezed: String,
    /// Lower case, runs of white space made one space: keeps the space before a tax suffix.
    spaced: String,
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        Self { squeezed: squeeze(&spaced), spaced }
    }
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[derive(Clone)]
enum Glob {
    /// `* IGST`: the text ends with this, space included.
    SpacedSuffix(String),
    /// Squeezed pieces between stars.
    Pieces(Vec<String>),
}

/// Alternatives, one of which must match.
#[derive(Clone)]
pub(super) struct Pattern(Vec<Glob>);

impl Pattern {
    pub(super) fn parse(text: &str) -> Self {
        Self(text.split(" / ").map(|one| Glob::parse(one.trim())).collect())
    }

    pub(super) fn matches(&self, text: &Folded) -> bool {
        self.0.iter().any(|glob| glob.matches(text))
    }
}

impl Glob {
    fn parse(text: &str) -> Self {
        match text.strip_prefix("* ") {
            Some(suffix) => Self::SpacedSuffix(format!(" {}", suffix.to_lowercase())),
            None => Self::Pieces(text.split('*').map(squeeze).collect()),
        }
    }

    fn matches(&self, text: &Folded) -> bool {
        match self {
            Self::SpacedSuffix(suffix) => text.spaced.ends_with(suffix),
            Self::Pieces(pieces) => pieces_match(pieces, &text.squeezed),
        }
    }
}

fn pieces_match(pieces: &[String], text: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return text.is_empty();
    };
    let Some((last, middle)) = rest.split_last() else {
        return text == first;
    };
    let Some(mut text) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    for piece in middle {
        let Some(at) = text.find(piece.as_str()) else {
            return false;
        };
        text = &text[at + piece.len()..];
    }
    text.ends_with(last.as_str())
}
