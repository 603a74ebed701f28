//! The history of the tax settings as a file.

use ecom_documents::{Sheet, Value};
use ecom_store::TaxSettingView;

use super::told;
use crate::download::{date, filled, instant, sheet};

/// The one table of the page.
pub(super) const TABLE: &str = "Tax settings";

/// All settings, the newest first. Without a first day a setting is for all lines.
pub(super) fn history(found: &[TaxSettingView]) -> Sheet {
    let header =
        ["GST on fees", "From", "Marketplace", "State", "Made on", "Made by", "Undone on", "Undone by"];
    sheet(TABLE, header, found.iter().map(row))
}

fn row(view: &TaxSettingView) -> [Value; 8] {
    let from = view.setting.from;
    let [made, _] = instant(view.made_at);
    let (undone, undoer) = match &view.undone {
        Some((at, name)) => {
            let [day, _] = instant(*at);
            (day, filled(name))
        }
        None => (Value::Empty, Value::Empty),
    };
    [
        told(view.setting.credit).0.into(),
        if from == i32::MIN { Value::Empty } else { date(from) },
        view.setting.marketplace.as_deref().unwrap_or("All marketplaces").into(),
        if view.undone.is_some() { "undone" } else { "stands" }.into(),
        made,
        filled(&view.made_by),
        undone,
        undoer,
    ]
}
