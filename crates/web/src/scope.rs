//! What a page is about: days, account at Amazon, marketplace, currency, settlement. The address says all of it.

use ecom_ledger::{Currency, statement::Statement};
use ecom_store::{Filter, MarketplaceId, Scoped, SellerAccount, SellerAccountId, SettlementKey};

use crate::{
    fault::{Fault, Page},
    params::{Link, Params},
    period::Period,
};

/// How an address asks for figures as printed by Amazon: `gst=printed`.
pub(crate) const PRINTED: &str = "printed";

/// The scope of figures: by default all there is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Scope {
    pub(crate) period: Period,
    pub(crate) seller_account: Option<SellerAccountId>,
    pub(crate) marketplace: Option<MarketplaceId>,
    pub(crate) currency: Option<Currency>,
    pub(crate) settlement: Option<SettlementKey>,
    /// Whether figures are as Amazon printed them, without the GST inside amounts that is set apart by estimate. Only
    /// pages that can show both read it.
    pub(crate) printed: bool,
}

impl Scope {
    /// What an address asks for; `period` is meant where it names no days.
    pub(crate) fn read(params: &Params, period: Period) -> Page<Self> {
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0);
        Ok(Self {
            period: Period::read(params)?.unwrap_or(period),
            seller_account: params.read("seller", "the number of an account", number)?.map(SellerAccountId),
            marketplace: params
                .read("marketplace", "the number of a marketplace", number)?
                .map(MarketplaceId),
            currency: params.read("currency", "a currency such as INR", |text| Currency::parse(text).ok())?,
            settlement: params.read("settlement", "the number of a settlement", number)?.map(SettlementKey),
            printed: false,
        })
    }

    /// Everything in one settlement.
    pub(crate) fn settlement(key: SettlementKey) -> Self {
        Self { settlement: Some(key), ..Self::default() }
    }

    /// The same, as printed by Amazon if the address asks for it.
    pub(crate) fn with_gst(self, params: &Params) -> Page<Self> {
        let printed = |text: &str| (text == PRINTED).then_some(true);
        let printed = params.read("gst", "`printed`, or left out", printed)?;
        Ok(Self { printed: printed.unwrap_or(false), ..self })
    }

    /// A statement as this scope shows it.
    pub(crate) fn shown(&self, statement: Statement) -> Page<Statement> {
        Ok(if self.printed { statement.as_printed()? } else { statement })
    }

    /// As the store asks for it.
    pub(crate) fn filter(&self) -> Filter {
        let (from, to) = self.period.days();
        Filter {
            seller_account: self.seller_account,
            currency: self.currency,
            marketplace: self.marketplace,
            settlement: self.settlement,
            from,
            to,
        }
    }

    /// A link to a page with this scope.
    pub(crate) fn link(&self, path: &str) -> Link {
        let mut link = Link::to(path).and(&self.period.query());
        if let Some(id) = self.seller_account {
            link = link.with("seller", &id.to_string());
        }
        if let Some(id) = self.marketplace {
            link = link.with("marketplace", &id.to_string());
        }
        if let Some(currency) = self.currency {
            link = link.with("currency", currency.code());
        }
        if let Some(key) = self.settlement {
            link = link.with("settlement", &key.to_string());
        }
        if self.printed {
            link = link.with("gst", PRINTED);
        }
        link
    }

    /// The same with other days.
    pub(crate) fn in_period(self, period: Period) -> Self {
        Self { period, ..self }
    }

    /// The same in one currency.
    pub(crate) fn of_currency(self, currency: Currency) -> Self {
        Self { currency: Some(currency), ..self }
    }
}

/// The accounts and marketplaces of a business, to choose from.
pub(crate) struct Choices {
    pub(crate) seller_accounts: Vec<SellerAccount>,
    pub(crate) marketplaces: Vec<(MarketplaceId, String)>,
}

impl Choices {
    pub(crate) async fn of(books: &mut Scoped<'_>) -> Page<Self> {
        let seller_accounts = books.seller_accounts().await?;
        let marketplaces =
            books.marketplaces().await?.into_iter().filter(|(_, name)| !name.is_empty()).collect();
        Ok(Self { seller_accounts, marketplaces })
    }

    /// Refuses what this business does not have: somebody else's numbers are not there.
    pub(crate) fn expect(&self, scope: &Scope) -> Page<()> {
        let account =
            scope.seller_account.is_none_or(|id| self.seller_accounts.iter().any(|known| known.id == id));
        let place =
            scope.marketplace.is_none_or(|id| self.marketplaces.iter().any(|(known, _)| *known == id));
        if account && place { Ok(()) } else { Err(Fault::Missing) }
    }

    /// Name of the account in the scope.
    pub(crate) fn seller_account(&self, scope: &Scope) -> Option<&str> {
        let chosen = self.seller_accounts.iter().find(|known| Some(known.id) == scope.seller_account);
        chosen.map(|known| known.name.as_str())
    }

    /// Name of the marketplace in the scope.
    pub(crate) fn marketplace(&self, scope: &Scope) -> Option<&str> {
        let chosen = self.marketplaces.iter().find(|(id, _)| Some(*id) == scope.marketplace);
        chosen.map(|(_, name)| name.as_str())
    }
}
