//! What is searched for: four texts, each whole or its beginning, made into what the store finds lines by.
//!
//! A text that could mean several things is not guessed: the page offers them. One that means nothing has its error
//! beside its field, and what was typed stays.

use ecom_ledger::Account;
use ecom_store::{LabelId, LineSearch, Scoped, accounts_named};

use crate::{
    fault::{Fault, Page},
    params::{Link, Params},
    words,
};

/// Things offered where a text means several.
const MOST_OFFERS: usize = 20;
/// Longest text to search for, in characters.
const MOST_CHARS: usize = 300;

/// A field: what was typed, and what is wrong with it.
#[derive(Clone, Default, Debug)]
pub(super) struct Typed {
    pub(super) text: String,
    pub(super) error: Option<String>,
}

/// What somebody may have meant.
pub(super) struct Offers {
    pub(super) title: String,
    /// Name of the parameter, and the texts to choose from.
    pub(super) name: &'static str,
    pub(super) texts: Vec<String>,
    /// Whether there are more.
    pub(super) more: bool,
}

/// The four fields, read.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) order: Typed,
    pub(super) sku: Typed,
    pub(super) label: Typed,
    pub(super) account: Typed,
    pub(super) offers: Vec<Offers>,
    label_id: Option<LabelId>,
    accounts: Vec<Account>,
}

impl Asked {
    pub(super) async fn read(books: &mut Scoped<'_>, params: &Params) -> Page<Self> {
        let typed = |name: &str| Typed::read(params, name);
        let mut asked = Self {
            order: typed("order"),
            sku: typed("sku"),
            label: typed("label"),
            account: typed("account"),
            ..Self::default()
        };
        asked.find_order(books).await?;
        asked.find_sku(books).await?;
        asked.find_label(books, params).await?;
        asked.find_accounts();
        Ok(asked)
    }

    /// Nothing typed into a field, but things to choose from.
    pub(super) fn offering(offers: Vec<Offers>) -> Self {
        Self { offers, ..Self::default() }
    }

    async fn find_order(&mut self, books: &mut Scoped<'_>) -> Page<()> {
        if self.order.is_searched() {
            let found = books.orders_beginning(&self.order.text, MOST_OFFERS + 1).await?;
            self.offers.extend(self.order.settle("order", "order", found));
        }
        Ok(())
    }

    async fn find_sku(&mut self, books: &mut Scoped<'_>) -> Page<()> {
        if self.sku.is_searched() {
            let found = books.skus_beginning(&self.sku.text, MOST_OFFERS + 1).await?;
            self.offers.extend(self.sku.settle("sku", "SKU", found));
        }
        Ok(())
    }

    async fn find_label(&mut self, books: &mut Scoped<'_>, params: &Params) -> Page<()> {
        let number = |text: &str| text.parse().ok().map(LabelId);
        if let Some(id) = params.read("label_id", "the number of a label", number)? {
            self.label.text = books.label(id).await?.ok_or(Fault::Missing)?.to_string();
            self.label_id = Some(id);
        } else if self.label.is_searched() {
            let found = books.labels_holding(&self.label.text).await?;
            match found.as_slice() {
                [] => self.label.refuse("No label holds this text."),
                [(id, label)] => {
                    self.label.text = label.to_string();
                    self.label_id = Some(*id);
                }
                several => self.offers.push(Offers {
                    title: format!("Labels that hold “{}”", self.label.text),
                    name: "label_id",
                    texts: several
                        .iter()
                        .take(MOST_OFFERS)
                        .map(|(id, label)| format!("{id} {label}"))
                        .collect(),
                    more: several.len() > MOST_OFFERS,
                }),
            }
        }
        Ok(())
    }

    fn find_accounts(&mut self) {
        if !self.account.is_searched() {
            return;
        }
        self.accounts = accounts(&self.account.text);
        if self.accounts.is_empty() {
            self.account.refuse(
                "No account is called so. Write expense:fee:referral, or expense:fee for all below it.",
            );
        }
    }

    /// Whether there is something to search by now.
    pub(super) fn is_clear(&self) -> bool {
        self.offers.is_empty() && !self.is_wrong()
    }

    pub(super) fn is_wrong(&self) -> bool {
        [&self.order, &self.sku, &self.label, &self.account].iter().any(|typed| typed.error.is_some())
    }

    /// Adds what is asked to a search of the store.
    pub(super) async fn narrow(&self, books: &mut Scoped<'_>, search: LineSearch) -> Page<LineSearch> {
        let text = |typed: &Typed| Some(typed.text.clone()).filter(|text| !text.is_empty());
        let sku = match text(&self.sku) {
            Some(name) => Some(books.sku(&name).await?.ok_or(Fault::Missing)?),
            None => None,
        };
        Ok(LineSearch {
            order_id: text(&self.order),
            sku,
            label: self.label_id,
            accounts: self.accounts.clone(),
            ..search
        })
    }

    /// As it stands in an address, without the field `but`.
    pub(super) fn link(&self, mut link: Link, but: &str) -> Link {
        for (name, typed) in [("order", &self.order), ("sku", &self.sku), ("account", &self.account)] {
            if name != but && !typed.text.is_empty() {
                link = link.with(name, &typed.text);
            }
        }
        match self.label_id {
            _ if but == "label" => link,
            Some(id) => link.with("label_id", &id.to_string()),
            None if self.label.text.is_empty() => link,
            None => link.with("label", &self.label.text),
        }
    }

    /// Whether lines are narrowed by any of the four.
    pub(super) fn is_empty(&self) -> bool {
        [&self.order, &self.sku, &self.label, &self.account].iter().all(|typed| typed.text.is_empty())
    }
}

impl Typed {
    fn read(params: &Params, name: &str) -> Self {
        let mut typed = Self { text: params.one(name).unwrap_or_default().trim().to_owned(), error: None };
        if typed.text.chars().count() > MOST_CHARS {
            typed.text = typed.text.chars().take(MOST_CHARS).collect();
            typed.refuse(&format!("At most {MOST_CHARS} characters."));
        } else if typed.text.chars().any(char::is_control) {
            typed.text.retain(|letter| !letter.is_control());
            typed.refuse("Remove the line breaks or control characters.");
        }
        typed
    }

    fn refuse(&mut self, why: &str) {
        self.error = Some(why.to_owned());
    }

    fn is_searched(&self) -> bool {
        !self.text.is_empty() && self.error.is_none()
    }

    /// The text itself if it is one of those found, or the only one that begins so; else what to choose from.
    fn settle(&mut self, name: &'static str, called: &str, found: Vec<String>) -> Option<Offers> {
        match found.as_slice() {
            [] => {
                self.refuse(&format!("No {called} begins with this."));
                None
            }
            [first, ..] if *first == self.text => None,
            [only] => {
                self.text.clone_from(only);
                None
            }
            _ => Some(Offers {
                title: format!("Each {called} that begins with “{}”", self.text),
                name,
                more: found.len() > MOST_OFFERS,
                texts: found.into_iter().take(MOST_OFFERS).collect(),
            }),
        }
    }
}

/// The accounts that a text means: by name, by what stands above them, or by what pages call them.
fn accounts(text: &str) -> Vec<Account> {
    let named = accounts_named(text);
    if !named.is_empty() {
        return named;
    }
    let folded = text.to_lowercase();
    let all = Account::ALL.iter().copied();
    all.filter(|account| words::account(*account).to_lowercase() == folded).collect()
}

/// Finds out what a text typed into the one box means. The first of these that it is whole, else all that it begins.
pub(super) async fn guess(
    books: &mut Scoped<'_>,
    text: &str,
) -> Page<Result<(&'static str, String), Vec<Offers>>> {
    let orders = books.orders_beginning(text, MOST_OFFERS + 1).await?;
    let skus = books.skus_beginning(text, MOST_OFFERS + 1).await?;
    for (name, found) in [("order", &orders), ("sku", &skus)] {
        if found.first().is_some_and(|first| first == text) {
            return Ok(Ok((name, text.to_owned())));
        }
    }
    if !accounts(text).is_empty() {
        return Ok(Ok(("account", text.to_owned())));
    }
    let labels: Vec<String> =
        books.labels_holding(text).await?.into_iter().map(|(id, label)| format!("{id} {label}")).collect();
    let kinds = [
        ("order", "Orders that begin with", orders),
        ("sku", "SKUs that begin with", skus),
        ("label_id", "Labels that hold", labels),
    ];
    let mut offers: Vec<Offers> = Vec::new();
    for (name, title, mut texts) in kinds.into_iter().filter(|(.., texts)| !texts.is_empty()) {
        let more = texts.len() > MOST_OFFERS;
        texts.truncate(MOST_OFFERS);
        offers.push(Offers { title: format!("{title} “{text}”"), name, texts, more });
    }
    match offers.as_slice() {
        [only] if only.texts.len() == 1 => {
            let value = only.texts.first().map(|text| value(only.name, text)).unwrap_or_default();
            Ok(Ok((only.name, value.to_owned())))
        }
        _ => Ok(Err(offers)),
    }
}

/// What stands in the address for an offered text: labels by their number.
pub(super) fn value<'t>(name: &str, text: &'t str) -> &'t str {
    if name == "label_id" { text.split_once(' ').map_or(text, |(id, _)| id) } else { text }
}

/// What the page calls an offered text.
pub(super) fn called<'t>(name: &str, text: &'t str) -> &'t str {
    if name == "label_id" { text.split_once(' ').map_or(text, |(_, label)| label) } else { text }
}

/// What may be typed as an account: names that lines can have, and what stands above several.
pub(super) fn account_names() -> Vec<(&'static str, &'static str)> {
    let above = [
        ("expense:fee", "All Amazon fees"),
        ("income:sales", "All sales"),
        ("asset:gst_input", "GST on fees, all credit"),
        ("asset:tcs", "TCS, all heads"),
        ("asset:transfer", "All transfers"),
    ];
    let unposted = [Account::Cogs, Account::InventoryLoss, Account::Indirect];
    let each = Account::ALL.iter().filter(|account| !unposted.contains(account));
    above.into_iter().chain(each.map(|account| (account.name(), words::account(*account)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_meant_by_its_name_what_stands_above_it_or_its_words() {
        assert_eq!(accounts("expense:fee:gst"), [Account::FeeGst]);
        assert!(accounts("expense:fee").len() > 5);
        assert_eq!(accounts("referral FEES"), [Account::FeeReferral]);
        assert!(accounts("referral").is_empty());
    }

    #[test]
    fn the_only_one_that_begins_so_is_meant_and_several_are_offered() {
        let typed = |text: &str| Typed { text: text.to_owned(), error: None };
        let found = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mut whole = typed("A");
        assert!(whole.settle("sku", "SKU", found(&["A", "AB"])).is_none() && whole.text == "A");
        let mut only = typed("A");
        assert!(only.settle("sku", "SKU", found(&["AB"])).is_none() && only.text == "AB");
        let mut several = typed("A");
        let offers = several.settle("sku", "SKU", found(&["AB", "AC"])).unwrap();
        assert!(offers.texts == ["AB", "AC"] && !offers.more && several.text == "A");
        let mut none = typed("A");
        assert!(none.settle("sku", "SKU", Vec::new()).is_none() && none.error.is_some());
    }
}
