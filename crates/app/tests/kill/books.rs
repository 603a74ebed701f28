//! What must hold of the books whenever a server was killed, and what they say in the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use ecom_store::{Db, Filter, Outcome, TenantId, UploadState};
use ecom_testkit::{Database, Role};

use crate::{
    deeds::Record,
    site::{Site, printed},
};

/// The one business with books: it came first.
const BOOKS: TenantId = TenantId(1);
const MOST_UPLOADS: i64 = 100_000;

/// Each finds rows that must not be: an import is whole or not there, and rollups say what lines say.
const NEVER: &[(&str, &str)] = &[
    (
        "the lines of a settlement are others than its head says",
        "select s.settlement_id from settlement s left join
             (select settlement, sum(amount) as amount, sum(case when part = 0 then 1 else 0 end) as lines
              from line group by settlement) l on l.settlement = s.id
         where s.state <> 'withdrawn' and (s.sum <> coalesce(l.amount, 0) or s.lines <> coalesce(l.lines, 0))",
    ),
    (
        "a settlement in the figures does not balance",
        "select settlement_id from settlement where state = 'active' and total <> sum",
    ),
    (
        "a withdrawn settlement has lines or rollups",
        "select s.settlement_id from settlement s where s.state = 'withdrawn' and (
             exists (select 1 from line l where l.tenant_id = s.tenant_id and l.settlement = s.id) or
             exists (select 1 from statement_day d where d.tenant_id = s.tenant_id and d.settlement = s.id))",
    ),
    (
        "a day's rollup is no sum of lines",
        "select cast(settlement as text) || ' ' || cast(day as text) from (
             select settlement, day, account, marketplace, credit, debit, lines from statement_day
             except
             select settlement, day, account, marketplace, sum(case when amount > 0 then amount else 0 end),
                 sum(case when amount < 0 then amount else 0 end), sum(case when part = 0 then 1 else 0 end)
             from line group by settlement, day, account, marketplace) x",
    ),
    (
        "lines are in no day's rollup",
        "select cast(settlement as text) || ' ' || cast(day as text) from (
             select settlement, day, account, marketplace, sum(amount) from line
             group by settlement, day, account, marketplace having sum(amount) <> 0
             except
             select settlement, day, account, marketplace, credit + debit from statement_day) x",
    ),
    (
        "months are no sums of days",
        "select cast(settlement as text) from (
             select settlement, account, marketplace, sum(credit), sum(debit), sum(lines) from statement_day
             group by settlement, account, marketplace
             except
             select settlement, account, marketplace, sum(credit), sum(debit), sum(lines) from statement_month
             group by settlement, account, marketplace) x",
    ),
    (
        "an imported file has no settlement or no original",
        "select f.name from file f where not exists (
             select 1 from archive_frame a where a.tenant_id = f.tenant_id and a.file = f.id) or not exists (
             select 1 from settlement s where s.tenant_id = f.tenant_id and s.file = f.id)",
    ),
    (
        "a file was taken in twice",
        "select name from upload group by name having count(*) > 1",
    ),
    (
        "a business has no owner",
        "select name from business b where not exists (
             select 1 from membership m where m.tenant = b.id and m.role = 'owner')",
    ),
];

/// Looks at the books as a kill left them.
pub(crate) fn look(site: &Site, left: &Database, record: &Record) {
    let verify = site.command_on(left, &["audit", "verify"]).output().unwrap();
    assert!(verify.status.success(), "the audit chain is broken: {}", printed(&verify));
    site.wait(async {
        let db = left.open(Role::App).await;
        assert_eq!(db.faults().await.unwrap(), Vec::<String>::new());
        balance(&db).await;
        for (what, sql) in NEVER {
            let found = left.texts(sql).await;
            assert!(found.is_empty(), "{what}: {found:?}");
        }
        let kept: BTreeSet<String> = left.texts("select name from upload").await.into_iter().collect();
        let lost: Vec<&String> = record.accepted.difference(&kept).collect();
        assert!(lost.is_empty(), "files that were taken are gone: {lost:?}");
        db.close().await;
    });
}

/// The sum of all accounts is the sum of the totals of the settlements in the figures.
async fn balance(db: &Db) {
    let mut tx = db.read().await.unwrap();
    let mut books = tx.scoped(BOOKS).await.unwrap();
    let all = Filter::days(i32::MIN, i32::MAX);
    let statements = books.statements(&all).await.unwrap();
    let accounts: i64 = statements.iter().map(|one| one.bridge().unwrap().total).sum();
    let settlements = books.settlements(&all).await.unwrap();
    let active = settlements.iter().filter(|found| found.state == ecom_store::SettlementState::Active);
    let totals: i64 = active.map(|found| found.total.unwrap()).sum();
    assert_eq!(accounts, totals, "accounts and settlements");
}

/// What became of each file that was taken in, by its name: one word for each file inside.
pub(crate) fn outcomes(site: &Site, record: &Record) -> BTreeMap<String, Vec<&'static str>> {
    let uploads = site.wait(async {
        let db = site.db().await;
        let mut tx = db.read().await.unwrap();
        let uploads = tx.scoped(BOOKS).await.unwrap().uploads(MOST_UPLOADS).await.unwrap();
        drop(tx);
        db.close().await;
        uploads
    });
    let mut outcomes = BTreeMap::new();
    for upload in uploads {
        assert_eq!(upload.state, UploadState::Done, "{}", upload.name);
        assert_eq!(upload.results.len(), record.offers[&upload.name].members(), "{}", upload.name);
        let words = upload.results.iter().map(|result| match result.outcome {
            Outcome::Imported { .. } => "imported",
            Outcome::Same { .. } => "same",
            Outcome::Refused { .. } => "refused",
        });
        outcomes.insert(upload.name, words.collect());
    }
    outcomes
}

/// Names of uploads in the order in which they came.
pub(crate) fn uploads(site: &Site) -> Vec<String> {
    site.texts("select name from upload order by id")
}

/// Names of withdrawn files.
pub(crate) fn withdrawn(site: &Site) -> Vec<String> {
    site.texts("select name from file where state = 'withdrawn' order by name")
}

/// Everything the books say, in words that are the same wherever the same files were imported.
pub(crate) fn figures(site: &Site) -> Vec<Vec<String>> {
    let of_settlements = "select settlement_id || ' ' || state || ' ' || currency || ' '
            || coalesce(cast(total as text), 'none') || ' '
            || cast(sum as text) || ' ' || cast(lines as text) as x from settlement order by x";
    let of_accounts = "select cast(d.day as text) || ' ' || cast(d.account as text) || ' ' || coalesce(m.name, 'none') || ' '
            || cast(sum(d.credit) as text) || ' ' || cast(sum(d.debit) as text) || ' ' || cast(sum(d.lines) as text) as x
         from statement_day d join settlement s on s.tenant_id = d.tenant_id and s.id = d.settlement
         left join marketplace m on m.tenant_id = d.tenant_id and m.id = d.marketplace
         where s.state = 'active' group by d.day, d.account, m.name order by x";
    let of_lines = "select cast(account as text) || ' ' || cast(count(*) as text) || ' ' || cast(sum(amount) as text) as x
         from line group by account order by x";
    let of_products = "select k.name || ' ' || cast(p.month as text) || ' ' || cast(sum(p.net_sales) as text) || ' '
            || cast(sum(p.balance) as text) || ' ' || cast(sum(p.units) as text) || ' ' || cast(sum(p.refunds) as text) as x
         from product_month p join settlement s on s.tenant_id = p.tenant_id and s.id = p.settlement
         join sku k on k.tenant_id = p.tenant_id and k.id = p.sku
         where s.state = 'active' group by k.name, p.month order by x";
    [of_settlements, of_accounts, of_lines, of_products].map(|sql| site.texts(sql)).into()
}

/// What was answered is on record, and nothing is that was not tried.
pub(crate) fn is_on_record(site: &Site, record: &Record) {
    for (action, count) in &record.actions {
        let found =
            site.texts(&format!("select cast(seq as text) from audit where action = '{action}'")).len();
        let right = (count.answered..=count.tried).contains(&found);
        assert!(right, "{found} entries {action}: {} answered of {}", count.answered, count.tried);
    }
}

/// Originals in the archive that the books do not name: those that were written whole, and those that were not.
pub(crate) fn strays(site: &Site, left: &Database) -> (BTreeSet<String>, BTreeSet<String>) {
    let needed: BTreeSet<String> = site.wait(async {
        let db = left.open(Role::App).await;
        let paths = db.read().await.unwrap().scoped(BOOKS).await.unwrap().archived_paths().await.unwrap();
        db.close().await;
        paths.into_iter().collect()
    });
    let folder = site.data().join("archive").join(BOOKS.to_string());
    let files = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().file_name());
    let paths: BTreeSet<String> = files.map(|name| format!("{BOOKS}/{}", name.to_str().unwrap())).collect();
    let missing: Vec<&String> = needed.difference(&paths).collect();
    assert!(missing.is_empty(), "originals that the books name are gone: {missing:?}");
    paths.into_iter().filter(|path| !needed.contains(path)).partition(|path| !path.contains('#'))
}
