//! What was checked of one settlement, in words: F1 to F6 of the reconciliation, and its balance at Amazon.

use ecom_ledger::{
    Account, Minor,
    chain::{Carried, Chains, Check, Link},
    settlement::Format,
    statement::Statement,
};
use ecom_store::{Crosscheck, SettlementState, SettlementView};

use crate::{
    fault::Page,
    figure::{Figure, Row, Weight},
    line::POSTED,
    money,
    notice::Tone,
    scope::Scope,
};

/// A check and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Checked {
    /// Its number in the reconciliation.
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) state: &'static str,
    pub(super) tone: Tone,
    pub(super) words: String,
}

/// What the checks look at.
pub(super) struct Subject<'a> {
    pub(super) found: &'a SettlementView,
    pub(super) versions: &'a [SettlementView],
    pub(super) statement: Option<&'a Statement>,
    pub(super) carried: Carried,
    /// The chains of its account and currency.
    pub(super) chains: Option<&'a Chains>,
    /// What date-range reports hold of it.
    pub(super) crosscheck: Option<Crosscheck>,
}

/// The settlement in its chain, with those before and after it.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    before: Option<&'a Link>,
    after: Option<&'a Link>,
}

impl Subject<'_> {
    /// F1 to F6 in order.
    pub(super) fn checks(&self) -> [Checked; 6] {
        [self.total(), self.reserve(), self.period(), self.versions(), self.labels(), self.date_range()]
    }

    fn money(&self, amount: i64) -> String {
        money::exact(self.found.currency, amount)
    }

    fn total(&self) -> Checked {
        let (code, title) = ("F1", "Lines and total");
        let lines = money::counted(self.found.lines, "line", "lines");
        if self.found.format == Format::DateRange {
            return unchecked(
                code,
                title,
                "A date-range report names no total; its rows are checked one by one (F6).",
            );
        }
        match self.found.total {
            None => unchecked(code, title, "The file names no total."),
            Some(total) if total == self.found.sum => {
                fits(code, title, format!("{lines} sum to {}, exactly the total.", self.money(total)))
            }
            Some(total) => {
                let off = self.money(self.found.sum.saturating_sub(total));
                let words = format!(
                    "{lines} sum to {}, the file says {}: {off} off.",
                    self.money(self.found.sum),
                    self.money(total)
                );
                off_by(code, title, Tone::Bad, words)
            }
        }
    }

    fn reserve(&self) -> Checked {
        let (code, title) = ("F2", "Reserve and carried balance");
        let Some(place) = self.place() else { return self.in_no_chain(code, title) };
        if let Some(words) = self.findings(&[Check::Reserve, Check::Carried]) {
            return off_by(code, title, Tone::Attention, words);
        }
        let released = self.money(self.carried.previous_reserve);
        let held = self.money(self.carried.current_reserve.saturating_neg());
        let before = match place.before {
            Some(link) => format!("Releases {released}, which {} held back.", link.id),
            None => format!("Releases {released}; the settlement before is not here."),
        };
        let after = match place.after {
            Some(link) => format!("Holds back {held}, which {} releases.", link.id),
            None => format!("Holds back {held}; the next settlement is still to come."),
        };
        let words = format!("{before} {after}");
        match (place.before, place.after) {
            (None, None) => unchecked(code, title, &words),
            _ => fits(code, title, words),
        }
    }

    fn period(&self) -> Checked {
        let (code, title) = ("F3", "Period");
        let Some(place) = self.place() else { return self.in_no_chain(code, title) };
        if let Some(words) = self.findings(&[Check::Period]) {
            return off_by(code, title, Tone::Attention, words);
        }
        match (place.before, place.after) {
            (None, None) => unchecked(code, title, "No settlement of its chain stands before or after it."),
            (Some(before), None) => {
                fits(code, title, format!("Starts when {} ends. It is the newest of its chain.", before.id))
            }
            (None, Some(after)) => {
                fits(code, title, format!("{} starts when it ends. It is the first of its chain.", after.id))
            }
            (Some(before), Some(after)) => fits(
                code,
                title,
                format!("Starts when {} ends, and ends when {} starts.", before.id, after.id),
            ),
        }
    }

    fn versions(&self) -> Checked {
        let (code, title) = ("F4", "Versions");
        let standing: Vec<&SettlementView> =
            self.versions.iter().filter(|other| other.state != SettlementState::Withdrawn).collect();
        let undecided = self.found.state == SettlementState::Undecided
            || standing.iter().any(|other| other.state == SettlementState::Undecided);
        let files = money::counted(i64::try_from(standing.len() + 1).unwrap_or(i64::MAX), "file", "files");
        if standing.is_empty() {
            fits(code, title, "It came in one file.".to_owned())
        } else if undecided {
            let words = format!("It came in {files}, and nothing tells which is newer. Choose one.");
            off_by(code, title, Tone::Attention, words)
        } else {
            fits(code, title, format!("It came in {files}; the best one counts, once."))
        }
    }

    fn labels(&self) -> Checked {
        let (code, title) = ("F5", "Labels");
        match self.statement.map(|statement| statement.turnover(Account::Unclassified)) {
            None => unchecked(code, title, "None of its lines is in the books."),
            Some(turnover) if turnover.lines == 0 => {
                fits(code, title, "Every label is understood.".to_owned())
            }
            Some(turnover) => {
                let lines = money::counted(turnover.lines, "line is", "lines are");
                let words = format!(
                    "{lines} not understood, {}: in the total, in no profit.",
                    self.money(turnover.net())
                );
                off_by(code, title, Tone::Attention, words)
            }
        }
    }

    /// A remainder without a settlement to compare with is information.
    fn date_range(&self) -> Checked {
        let (code, title) = ("F6", "Date-range report");
        let report = self.found.format == Format::DateRange;
        let Some(Crosscheck { files, remainder, .. }) = self.crosscheck else {
            return if report {
                fits(code, title, self.rows_alone())
            } else {
                unchecked(code, title, "No date-range report with it was imported.")
            };
        };
        let reports = match files {
            1 if report => "This report".to_owned(),
            1 => "The date-range report".to_owned(),
            files => format!("{files} date-range reports together"),
        };
        let other = if report { "the settlement’s own file" } else { "this settlement" };
        if remainder == 0 {
            let words =
                format!("{reports} and {other} agree to the paisa, reserve and carried balance apart.");
            return fits(code, title, words);
        }
        let (way, amount) =
            if remainder < 0 { ("less", remainder.saturating_neg()) } else { ("more", remainder) };
        let words = format!(
            "{reports}: {} {way} than {other}, reserve and carried balance apart. Its other rows may lie in reports of other days.",
            self.money(amount)
        );
        off_by(code, title, Tone::Attention, words)
    }

    fn rows_alone(&self) -> String {
        let rows = "The columns of every row sum to its total; a row that did not would have been refused.";
        let left = self.found.total.map_or(0, |total| self.found.sum.saturating_sub(total));
        if left == 0 {
            return rows.to_owned();
        }
        format!(
            "{rows} Its rows hold {} that its transfer does not: reserve, or paid out otherwise. The settlement’s flat file would tell.",
            self.money(left)
        )
    }

    fn in_no_chain(&self, code: &'static str, title: &'static str) -> Checked {
        let words = match (self.found.state, self.found.format) {
            (_, Format::DateRange) => "Date-range reports hold neither reserve nor period.",
            (SettlementState::Active, _) => "The file names no period.",
            _ => "It is not in the figures, so it stands in no chain.",
        };
        unchecked(code, title, words)
    }

    fn place(&self) -> Option<Place<'_>> {
        if self.found.state != SettlementState::Active || self.found.format == Format::DateRange {
            return None;
        }
        let id = &self.found.settlement_id;
        self.chains?.chains.iter().find_map(|chain| {
            let at = chain.iter().position(|link| link.id == *id)?;
            let before = at.checked_sub(1).and_then(|at| chain.get(at));
            Some(Place { before, after: chain.get(at + 1) })
        })
    }

    fn findings(&self, checks: &[Check]) -> Option<String> {
        let id = &self.found.settlement_id;
        let about = self.chains?.findings.iter().filter(|finding| {
            checks.contains(&finding.check) && (finding.before == *id || finding.after == *id)
        });
        let words: Vec<String> = about.map(|finding| finding.told(|amount| self.money(amount))).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The balance at Amazon before it, what it added and paid out, the balance after it; none for files that do not
    /// hold reserves.
    pub(super) fn roll(&self) -> Page<Vec<Row>> {
        if self.found.format == Format::DateRange || self.statement.is_none() {
            return Ok(Vec::new());
        }
        let Carried { previous_reserve, current_reserve, payable } = self.carried;
        let total = self.found.sum;
        let held = Minor(0).minus(Minor(current_reserve))?.0;
        let opening = Minor(previous_reserve).plus(Minor(payable))?.0;
        let closing = Minor(held).plus(Minor(total.min(0)))?.0;
        let lines = Scope::settlement(self.found.key).link("/lines");
        let beside = [Account::Reserve, Account::TransferCarried];
        let carried = beside.iter().fold(lines.clone(), |link, one| link.with("account", one.name())).text();
        let row = |weight, label: &str, amount: i64, href: &str| {
            Row::new(weight, label, Figure::amount(self.found.currency, amount, href.to_owned()))
        };
        Ok(vec![
            row(Weight::Plain, "Balance at Amazon before", opening, &carried).note(self.parts(
                "released",
                previous_reserve,
                payable,
            )),
            row(
                Weight::Plain,
                "Lines posted",
                posted(self.found, &self.carried)?,
                &lines.clone().with("class", POSTED).text(),
            )
            .note("without reserve and carried balances"),
            row(Weight::Plain, "Paid out", total.max(0).saturating_neg(), &lines.text()),
            row(Weight::Total, "Balance at Amazon after", closing, &carried).note(self.parts(
                "held in reserve",
                held,
                total.min(0),
            )),
        ])
    }

    fn parts(&self, reserve: &str, amount: i64, carried: i64) -> String {
        let carried = match carried {
            0 => String::new(),
            amount => format!(", carried over {}", self.money(amount)),
        };
        format!("{reserve} {}{carried}", self.money(amount))
    }
}

/// Its lines without reserve and carried balance.
fn posted(found: &SettlementView, carried: &Carried) -> Page<i64> {
    let beside = [carried.previous_reserve, carried.current_reserve, carried.payable];
    Ok(Minor(found.sum).minus(Minor::sum(beside.into_iter().map(Minor))?)?.0)
}

fn fits(code: &'static str, title: &'static str, words: String) -> Checked {
    Checked { code, title, state: "fits", tone: Tone::Good, words }
}

fn off_by(code: &'static str, title: &'static str, tone: Tone, words: String) -> Checked {
    Checked { code, title, state: "does not fit", tone, words }
}

fn unchecked(code: &'static str, title: &'static str, words: &str) -> Checked {
    Checked { code, title, state: "not checked", tone: Tone::Plain, words: words.to_owned() }
}

#[cfg(test)]
mod tests {
    use ecom_ledger::Currency;
    use ecom_store::{FileId, SellerAccountId, SettlementKey};

    use super::*;

    fn view() -> SettlementView {
        SettlementView {
            key: SettlementKey(2),
            seller_account: SellerAccountId(1),
            settlement_id: "b".into(),
            format: Format::V2,
            currency: Currency::INR,
            start: Some(7),
            end: Some(14),
            deposit: None,
            total: Some(900),
            sum: 900,
            lines: 3,
            deferred_rows: 0,
            deferred_amount: 0,
            state: SettlementState::Active,
            file: FileId(1),
            file_name: "b.txt".into(),
        }
    }

    fn link(id: &str, start: i64, previous_reserve: i64, current_reserve: i64) -> Link {
        let (total, payable) = (900, 0);
        Link {
            id: id.into(),
            currency: Currency::INR,
            start,
            end: start + 7,
            total,
            previous_reserve,
            current_reserve,
            payable,
        }
    }

    fn told(
        found: &SettlementView,
        versions: &[SettlementView],
        chains: &Chains,
        crosscheck: Option<Crosscheck>,
    ) -> Vec<(String, String)> {
        let statement = Statement::new(Currency::INR);
        let carried = Carried { previous_reserve: 100, current_reserve: -50, payable: 0 };
        let (statement, chains) = (Some(&statement), Some(chains));
        let subject = Subject { found, versions, statement, carried, chains, crosscheck };
        let rolled = subject.roll().unwrap();
        assert_eq!(rolled.len(), if found.format == Format::DateRange { 0 } else { 4 });
        let checks = subject.checks();
        checks.into_iter().map(|one| (format!("{} {}", one.code, one.state), one.words)).collect()
    }

    fn states(told: &[(String, String)]) -> Vec<&str> {
        told.iter().map(|(state, _)| state.as_str()).collect()
    }

    fn compared(files: usize, remainder: i64) -> Crosscheck {
        Crosscheck { full: SettlementKey(2), files, reported: 850 + remainder, remainder }
    }

    #[test]
    fn a_date_range_report_is_compared_from_either_side() {
        let f6 = |found: &SettlementView, crosscheck| {
            let (state, words) = told(found, &[], &Chains::default(), crosscheck).pop().unwrap();
            format!("{state}: {words}")
        };
        let less = f6(&view(), Some(compared(2, -123_456_700)));
        assert!(
            less.starts_with("F6 does not fit: 2 date-range reports together: ₹12,34,567.00 less"),
            "{less}"
        );
        let report = SettlementView { format: Format::DateRange, total: Some(700), ..view() };
        let more = f6(&report, Some(compared(1, 5)));
        assert!(more.starts_with("F6 does not fit: This report: ₹0.05 more than the settlement’s"), "{more}");
        assert!(f6(&report, Some(compared(1, 0))).starts_with("F6 fits: This report and"));
        let alone = f6(&report, None);
        assert!(alone.starts_with("F6 fits: The columns") && alone.contains("hold ₹2.00 that"), "{alone}");
    }

    #[test]
    fn a_settlement_that_fits_says_so_everywhere() {
        let chains = Chains::of(vec![link("a", 0, 0, -100), link("b", 7, 100, -50), link("c", 14, 50, 0)]);
        let report = SettlementView {
            format: Format::DateRange,
            total: None,
            sum: 850,
            state: SettlementState::Replaced,
            ..view()
        };
        let found = told(&view(), &[report], &chains, Some(compared(1, 0)));
        assert_eq!(states(&found), ["F1 fits", "F2 fits", "F3 fits", "F4 fits", "F5 fits", "F6 fits"]);
        assert_eq!(found[1].1, "Releases ₹1.00, which a held back. Holds back ₹0.50, which c releases.");
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_amount() {
        let chains = Chains::of(vec![link("a", 0, 0, -90), link("b", 7, 100, -50), link("c", 15, 50, 0)]);
        let wrong = SettlementView { sum: 800, ..view() };
        let other = SettlementView { state: SettlementState::Undecided, ..view() };
        let found = told(&wrong, &[other], &chains, None);
        assert_eq!(
            states(&found),
            [
                "F1 does not fit",
                "F2 does not fit",
                "F3 does not fit",
                "F4 does not fit",
                "F5 fits",
                "F6 not checked"
            ]
        );
        assert!(found[0].1.contains("₹1.00 off"), "{}", found[0].1);
        assert!(found[1].1.contains("a holds back ₹0.90, but b releases ₹1.00."), "{}", found[1].1);
    }

    #[test]
    fn what_cannot_be_checked_is_not_called_good() {
        let alone = told(&view(), &[], &Chains::of(vec![link("b", 7, 100, -50)]), None);
        assert_eq!(states(&alone)[1..3], ["F2 not checked", "F3 not checked"]);
        let report = SettlementView { format: Format::DateRange, total: None, ..view() };
        let report = told(&report, &[], &Chains::default(), None);
        assert_eq!(states(&report)[..3], ["F1 not checked", "F2 not checked", "F3 not checked"]);
        let replaced = SettlementView { state: SettlementState::Replaced, ..view() };
        assert!(told(&replaced, &[], &Chains::default(), None)[1].1.contains("not in the figures"));
    }
}
