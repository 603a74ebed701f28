//! In place of passkeys in a build without the feature `passkeys`: there are none, and nothing leads to them.

/// Nothing: there is no such site.
pub(crate) enum Site {}

pub(crate) fn site(_public_url: &str) -> Option<Site> {
    None
}
