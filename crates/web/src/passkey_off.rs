//! In place of passkeys in a build without the feature `passkeys`: there are none, and nothing leads to them.

use axum::Router;

use crate::app::App;

/// Nothing: there is no such site.
pub(crate) enum Site {}

pub(crate) fn site(_public_url: &str) -> Option<Site> {
    None
}

pub(crate) fn routes(router: Router<App>) -> Router<App> {
    router
}
