//! Style, script, fonts and icon, served from the binary under names that carry a hash of their content, so that
//! browsers may keep them for ever.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use crate::fault::{Fault, Page};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const STYLE: &str = concat!(
    include_str!("../assets/css/1-tokens.css"),
    include_str!("../assets/css/2-base.css"),
    include_str!("../assets/css/3-frame.css"),
    include_str!("../assets/css/4-parts.css"),
    include_str!("../assets/css/5-pages.css"),
    include_str!("../assets/css/6-chart.css"),
    include_str!("../assets/css/7-phone.css"),
    include_str!("../assets/css/8-print.css"),
);
const SCRIPT: &str = include_str!("../assets/app.js");
const ICON: &str = include_str!("../assets/icon.svg");

macro_rules! fonts {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../assets/fonts/ibm-plex-", $name, ".woff2")).as_slice()),)*]
    };
}

/// IBM Plex, SIL Open Font License 1.1 (assets/fonts/LICENSE-*). ₹ is in latin-ext, the minus sign in latin.
const FONTS: [(&str, &[u8]); 6] = fonts![
    "sans-latin-400",
    "sans-latin-600",
    "sans-latin-ext-400",
    "sans-latin-ext-600",
    "mono-latin-400",
    "mono-latin-ext-400",
];

/// Fonts that every page shows, so that it need not wait for the style sheet to name them.
const EVERYWHERE: &str = "/assets/sans-";

struct Asset {
    path: String,
    kind: &'static str,
    bytes: Vec<u8>,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Self {
        let hash = Sha256::digest(&bytes);
        let hash = ecom_vault::to_hex(&hash[..6]);
        Self { path: format!("/assets/{stem}-{hash}.{ending}"), kind, bytes }
    }
}

struct Assets {
    style: Asset,
    script: Asset,
    icon: Asset,
    fonts: Vec<Asset>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut style = STYLE.to_owned();
    let mut fonts = Vec::new();
    for (name, bytes) in FONTS {
        let font = Asset::new(name, "woff2", "font/woff2", bytes.to_vec());
        style = style.replace(&format!("{{{name}}}"), &font.path);
        fonts.push(font);
    }
    Assets {
        style: Asset::new("app", "css", "text/css; charset=utf-8", style.into_bytes()),
        script: Asset::new("app", "js", "text/javascript; charset=utf-8", SCRIPT.as_bytes().to_vec()),
        icon: Asset::new("icon", "svg", "image/svg+xml; charset=utf-8", ICON.as_bytes().to_vec()),
        fonts,
    }
});

/// Path of the style sheet.
pub(crate) fn style() -> &'static str {
    &ASSETS.style.path
}

/// Path of the script.
pub(crate) fn script() -> &'static str {
    &ASSETS.script.path
}

/// Path of the icon.
pub(crate) fn icon_path() -> &'static str {
    &ASSETS.icon.path
}

/// Paths of the fonts that every page shows.
pub(crate) fn fonts() -> impl Iterator<Item = &'static str> {
    ASSETS.fonts.iter().map(|font| font.path.as_str()).filter(|path| path.starts_with(EVERYWHERE))
}

/// An asset by its name with hash.
pub(crate) async fn show(Path(name): Path<String>) -> Page {
    let assets = &*ASSETS;
    let mut all = [&assets.style, &assets.script, &assets.icon].into_iter().chain(&assets.fonts);
    let wanted = format!("/assets/{name}");
    let asset = all.find(|asset| asset.path == wanted).ok_or(Fault::Missing)?;
    Ok(answer(asset, FOR_EVER))
}

/// The icon, for browsers that ask without reading the page.
pub(crate) async fn icon() -> Response {
    answer(&ASSETS.icon, "public, max-age=86400")
}

fn answer(asset: &'static Asset, keep: &'static str) -> Response {
    let headers: [(HeaderName, &str); 2] =
        [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, keep)];
    (headers, asset.bytes.as_slice()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_names_every_font_and_nothing_outside() {
        let style = std::str::from_utf8(&ASSETS.style.bytes).unwrap();
        assert_eq!(style.matches("url(\"/assets/").count(), FONTS.len());
        assert_eq!(style.matches("url(").count(), FONTS.len());
        assert!(!style.contains("@import") && !style.contains("http"));
    }
}
