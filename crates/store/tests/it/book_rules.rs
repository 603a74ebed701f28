//! How a business posts: rules by financial year, and its own names of ledgers.
#![allow(clippy::unwrap_used, clippy::panic)]

use ecom_gst::FinancialYear;
use ecom_ledger::{
    Account,
    journal::{Chart, Ledger, Leg, Rules, Sales},
};
use ecom_store::PersonId;
use ecom_testkit::on_both;

fn year(start: i16) -> FinancialYear {
    FinancialYear::starting(start).unwrap()
}

on_both!(a_year_has_the_rules_of_the_year_before_until_it_gets_its_own, |world| async move {
    let (person, tenant) = world.business("kurta-house").await;
    let (_, stranger) = world.business("saree-works").await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    assert_eq!(books.book_rules(year(2026)).await.unwrap(), Rules::default());
    let mtr = Rules { sales: Sales::FromTaxReports, cost_of_goods: true, ..Rules::default() };
    books.set_book_rules(year(2025), &mtr, person, 5).await.unwrap();
    assert_eq!(books.book_rules(year(2024)).await.unwrap(), Rules::default());
    assert_eq!(books.book_rules(year(2025)).await.unwrap(), mtr);
    assert_eq!(books.book_rules(year(2026)).await.unwrap(), mtr);
    let own = Rules { indirect: true, ..Rules::default() };
    books.set_book_rules(year(2026), &own, person, 6).await.unwrap();
    books.set_book_rules(year(2026), &own, person, 7).await.unwrap();
    assert_eq!(books.book_rules(year(2026)).await.unwrap(), own);
    assert_eq!(books.book_rules(year(2025)).await.unwrap(), mtr);
    tx.commit().await.unwrap();
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(stranger).await.unwrap();
    assert_eq!(books.book_rules(year(2026)).await.unwrap(), Rules::default());
});

on_both!(ledgers_are_kept_as_they_were_named_and_only_for_their_business, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let (_, stranger) = world.business("saree-works").await;
    let bank = Ledger { existing: true, ..Ledger::new("HDFC Bank <1234> & Co", "Bank Accounts") };
    let rent = Ledger::new("किराया", "Indirect Expenses");
    let chart = Chart::default()
        .with(Leg::Bank, &bank)
        .unwrap()
        .with(Leg::Account(Account::SalesProduct), &Ledger::new("Online Sales", "Sales Accounts"))
        .unwrap()
        .with(Leg::Indirect("rent".into()), &rent)
        .unwrap();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    books.set_book_chart(&chart, PersonId(1), 5).await.unwrap();
    assert_eq!(books.book_chart().await.unwrap(), chart);
    assert_eq!(books.book_rules(year(2026)).await.unwrap().chart, chart);
    let fewer = Chart::default().with(Leg::Bank, &bank).unwrap();
    books.set_book_chart(&fewer, PersonId(1), 6).await.unwrap();
    assert_eq!(books.book_chart().await.unwrap(), fewer);
    tx.commit().await.unwrap();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(stranger).await.unwrap();
    assert_eq!(books.book_chart().await.unwrap(), Chart::default());
    books.set_book_chart(&Chart::default(), PersonId(1), 7).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.db.read().await.unwrap();
    assert_eq!(tx.scoped(tenant).await.unwrap().book_chart().await.unwrap(), fewer);
});

on_both!(the_gstin_of_a_business_is_its_own, |world| async move {
    let gstin = "27AAPFU0939F1ZV";
    let new = ecom_store::Registration {
        name: "Asha Rao",
        email: "asha@mug-house.example",
        phone: "+91 98450 00000",
        password_hash: "made-up",
        business: "Mug House",
        billing_state: "27",
        gstin: Some(gstin),
    };
    let none = ecom_store::Registration { email: "ravi@cup-house.example", gstin: None, ..new.clone() };
    let mut tx = world.db.write().await.unwrap();
    let (_, without) = tx.platform().register(&none, 5).await.unwrap();
    let (_, with) = tx.platform().register(&new, 5).await.unwrap();
    assert_eq!(tx.platform().gstin(without).await.unwrap(), None);
    assert_eq!(tx.platform().gstin(with).await.unwrap().unwrap().as_str(), gstin);
    assert_eq!(tx.platform().gstin(ecom_store::TenantId(99)).await.unwrap(), None);
});
