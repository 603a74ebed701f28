//! What surrounds a page: title, navigation, who is signed in.

use crate::asset;

/// Where in the navigation a page belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Here {
    /// Nowhere.
    Outside,
}

/// An entry of the navigation.
pub(crate) struct Item {
    pub(crate) here: Here,
    pub(crate) href: &'static str,
    pub(crate) label: &'static str,
    /// The path of its icon, drawn in strokes on 24 × 24.
    pub(crate) icon: &'static str,
    /// Whether it is in the bar of a phone: at most four are.
    pub(crate) bar: bool,
}

/// A group of the navigation.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) items: &'static [Item],
}

/// The navigation at the left. The next pages are added here; the phone's bar takes those marked for it.
const SECTIONS: &[Section] = &[];

/// Who is signed in, for the foot of the navigation.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) business: String,
}

/// The frame of a page.
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) here: Here,
    pub(crate) who: Option<Who>,
    /// Reload after this many seconds where there is no script.
    pub(crate) reload_s: Option<u8>,
}

impl Frame {
    /// The frame of a page that needs nobody to be signed in.
    pub(crate) fn outside(title: impl Into<String>) -> Self {
        Self { title: title.into(), here: Here::Outside, who: None, reload_s: None }
    }

    /// The frame of a page for somebody.
    pub(crate) fn inside(title: impl Into<String>, here: Here, who: Who) -> Self {
        Self { title: title.into(), here, who: Some(who), reload_s: None }
    }

    pub(crate) fn sections(&self) -> &'static [Section] {
        SECTIONS
    }

    pub(crate) fn style(&self) -> &'static str {
        asset::style()
    }

    pub(crate) fn script(&self) -> &'static str {
        asset::script()
    }

    pub(crate) fn icon(&self) -> &'static str {
        asset::icon_path()
    }
}
