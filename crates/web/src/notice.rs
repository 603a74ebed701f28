//! What a page tells before everything else: good news, what needs attention, what is wrong; and the list of what one
//! was told.

pub(crate) mod list;

/// How a notice is coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    Plain,
    Good,
    Attention,
    Bad,
}

impl Tone {
    /// The class of the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "good",
            Self::Attention => "attention",
            Self::Bad => "bad",
        }
    }
}

/// A notice: what is so, and the one thing to do about it.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) tone: Tone,
    pub(crate) title: String,
    pub(crate) words: String,
    /// Words and address of the link.
    pub(crate) link: Option<(String, String)>,
}

impl Notice {
    pub(crate) fn new(tone: Tone, title: impl Into<String>, words: impl Into<String>) -> Self {
        Self { tone, title: title.into(), words: words.into(), link: None }
    }

    pub(crate) fn link(mut self, words: &str, href: impl Into<String>) -> Self {
        self.link = Some((words.to_owned(), href.into()));
        self
    }
}
