//! Importing files: all of it or nothing, once, and the figures that come of it.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ecom_ledger::{Refusal, settlement};
use ecom_store::{LineFilter, Opener, Outcome, Progress, SettlementState};
use ecom_testkit::on_both;
use shop::{Shop, always, file, plan};

on_both!(what_is_stored_is_what_the_reader_summed, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let bytes = file(&plan(0, 3000));
    let report = settlement::read(bytes.as_slice(), &shop.importer.options, &|_| ()).unwrap();
    let result = shop.import("50001234567.txt", bytes).await;
    assert!(matches!(result.outcome, Outcome::Imported { lines: 3000, .. }), "{result:?}");
    let statement = shop.statements(&always()).await.remove(0);
    assert_eq!(*statement.accounts, report.settlements[0].tally.accounts().unwrap());
    assert_eq!(statement.bridge().unwrap().total, report.settlements[0].head.total.unwrap());
    assert!(statement.units > 0 && statement.uncosted == statement.units);
    assert_eq!(statement.refunds, Some(ecom_ledger::books::refunds(&report.settlements[0], &report.names)));
});

on_both!(every_line_comes_page_by_page_with_its_original, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let bytes = file(&plan(0, 3000));
    let text = String::from_utf8(bytes.clone()).unwrap();
    let written: Vec<&str> = text.lines().collect();
    let total =
        settlement::read(bytes.as_slice(), &shop.importer.options, &|_| ()).unwrap().settlements[0].tally.sum;
    shop.import("50001234567.txt", bytes).await;
    let mut tx = shop.importer.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let all = LineFilter::of(always());
    let (mut after, mut sum, mut count) = (None, 0, 0);
    loop {
        let page = books.lines(&all, after, 700).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor.to_string().parse().unwrap());
        sum += page.iter().map(|line| line.amount).sum::<i64>();
        count += page.iter().filter(|line| !line.estimated).count();
        let numbers: Vec<i64> = page.iter().map(|line| line.line).take(5).collect();
        let key = shop.key.archive();
        let originals = shop.importer.archive.original_lines(&key, &mut books, page[0].file, &numbers).await;
        for (line, original) in page.iter().zip(originals.unwrap()) {
            assert_eq!(original.as_deref(), Some(written[usize::try_from(line.line).unwrap() - 1]));
        }
    }
    assert_eq!((sum, count), (total, 3000));
});

on_both!(the_same_bytes_twice_change_nothing_and_say_so, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.import("50001234567.txt", file(&plan(0, 200))).await;
    let (total, lines) = (shop.total().await, shop.lines().await);
    let again = shop.import("another name.txt", file(&plan(0, 200))).await;
    assert_eq!(again.outcome, Outcome::Same { file: 1 });
    assert_eq!((shop.total().await, shop.lines().await), (total, lines));
});

on_both!(two_imports_at_once_end_as_one_after_the_other, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (first, second) = (file(&plan(0, 400)), file(&plan(1, 500)));
    let same = file(&plan(0, 400));
    let results = tokio::join!(
        shop.import("1001.txt", first),
        shop.import("1002.txt", second),
        shop.import("1003.txt", same)
    );
    let outcomes = [results.0.outcome, results.1.outcome, results.2.outcome];
    let same = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Same { .. })).count();
    assert_eq!(same, 1, "{outcomes:?}");
    let expected: i64 = [plan(0, 400), plan(1, 500)]
        .iter()
        .map(|plan| {
            settlement::read(file(plan).as_slice(), &shop.importer.options, &|_| ()).unwrap().settlements[0]
                .tally
                .sum
        })
        .sum();
    assert_eq!(shop.total().await, expected);
    let mut tx = world.db.read().await.unwrap();
    let chains = tx.scoped(shop.tenant).await.unwrap().chains(shop.account).await.unwrap();
    assert!(chains.values().all(|chains| chains.findings.is_empty() && chains.chains.len() == 1));
});

on_both!(a_refused_file_changes_nothing_and_says_where, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let mut text = String::from_utf8(file(&plan(0, 200))).unwrap();
    text = text.replacen("\tCommission\t-", "\tCommission\tminus ", 1);
    let result = shop.import("broken.txt", text.into_bytes()).await;
    let Outcome::Refused { message } = result.outcome else { panic!("{result:?}") };
    assert!(message.starts_with("line ") && message.contains("column amount"), "{message}");
    assert_eq!((shop.statements(&always()).await.len(), shop.lines().await), (0, 0));
    assert!(archived(world.folder()).is_empty());
});

on_both!(a_file_that_fails_while_its_lines_are_stored_leaves_nothing, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let bytes: Arc<[u8]> = file(&plan(0, 20_000)).into();
    let opened = AtomicUsize::new(0);
    let whole = Arc::clone(&bytes);
    let open: Opener = Arc::new(move || {
        // The third pass, which stores the lines, breaks off in the middle.
        let breaks = opened.fetch_add(1, Ordering::Relaxed) == 2;
        let bytes = if breaks { whole[..whole.len() / 2].into() } else { Arc::clone(&whole) };
        Ok(Box::new(Breaking { inner: std::io::Cursor::new(bytes), breaks }) as Box<dyn Read + Send>)
    });
    let broken = ecom_store::Incoming { open, ..shop.incoming("1001.txt", Vec::new()) };
    assert!(shop.importer.import(&shop.key, &broken, &Progress::default()).await.is_err());
    assert_eq!((shop.statements(&always()).await.len(), shop.lines().await), (0, 0));
    assert!(archived(world.folder()).is_empty());
    let result = shop.import("1001.txt", bytes.to_vec()).await;
    assert!(matches!(result.outcome, Outcome::Imported { file: 1, lines: 20_000, .. }), "{result:?}");
});

struct Breaking {
    inner: std::io::Cursor<Arc<[u8]>>,
    breaks: bool,
}

impl Read for Breaking {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.inner.read(buffer)? {
            0 if self.breaks => Err(std::io::Error::other("the disk broke")),
            read => Ok(read),
        }
    }
}

on_both!(a_file_that_cannot_be_opened_is_refused, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let open: Opener = Arc::new(|| Err(Refusal::whole("The file is gone", "Send it again")));
    let gone = ecom_store::Incoming { open, ..shop.incoming("1001.txt", Vec::new()) };
    let result = shop.importer.import(&shop.key, &gone, &Progress::default()).await.unwrap();
    assert_eq!(result.outcome, Outcome::Refused { message: "The file is gone. Send it again".to_owned() });
});

on_both!(a_file_that_does_not_balance_is_kept_but_in_no_figure, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let text = String::from_utf8(file(&plan(0, 200))).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.remove(100);
    let result = shop.import("1001.txt", lines.join("\n").into_bytes()).await;
    let Outcome::Imported { settlements, .. } = result.outcome else { panic!("{result:?}") };
    assert_eq!(settlements[0].state(), Some(SettlementState::Quarantined));
    assert_eq!(shop.statements(&always()).await.len(), 0);
    let filter = ecom_store::Filter::settlement(settlements[0].key());
    assert_eq!(shop.statements(&filter).await.len(), 1, "it can be looked at by itself");
});

on_both!(another_business_sees_nothing_of_it, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let other = Shop::new(&world, "saree-house").await;
    let (key, _) = shop.settle("1001.txt", &plan(0, 200)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(other.tenant).await.unwrap();
    assert_eq!(books.settlement(key).await.unwrap(), None);
    assert_eq!(books.statements(&always()).await.unwrap().len(), 0);
    assert_eq!(books.statements(&ecom_store::Filter::settlement(key)).await.unwrap().len(), 0);
    assert_eq!(books.settlements(&always()).await.unwrap().len(), 0);
    assert_eq!(books.span().await.unwrap(), None);
    let archive = &shop.importer.archive;
    assert!(
        archive.original_lines(&other.key.archive(), &mut books, ecom_store::FileId(1), &[2]).await.is_err()
    );
    drop(tx);
    let mut tx = world.db.write().await.unwrap();
    assert!(tx.scoped(other.tenant).await.unwrap().withdraw(ecom_store::FileId(1)).await.is_err());
});

fn archived(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("archive")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

on_both!(xml_on_one_line_is_imported_also_when_an_order_comes_again, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let written = include_str!("../../../ledger/tests/fixtures/settlement.xml");
    let text: String = written.lines().map(str::trim).collect();
    let (from, to) = (text.find("<Order>").unwrap(), text.find("</Order>").unwrap() + "</Order>".len());
    let text = text.replacen("</Refund>", &format!("</Refund>{}", &text[from..to]), 1);
    let result = shop.import("1001.xml", text.into_bytes()).await;
    assert!(matches!(result.outcome, Outcome::Imported { .. }), "{result:?}");
});
