//! Choosing an account for a label: the form, what is wrong with it, what it would change, and the rule itself.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_ledger::{
    Account, Class, day,
    taxonomy::{Gst, Label},
};
use ecom_store::{Action, LabelChoice, LabelId, LabelRuleView, RuleChange, Scoped};
use jiff::civil::Date;

use super::{
    Name,
    detail::{self, label_of},
    effect::EffectView,
    kept_days,
};
use crate::{
    app::App,
    entry::{Entry, Field},
    fault::Page,
    frame::{Frame, Here},
    page,
    period::shown,
    seat::{Manager, Seat},
    words,
};

/// The fields of the form, as they stand in an address.
const FIELDS: [&str; 5] = ["credit", "debit", "gst", "since", "from"];
/// The choice of debits that follows that of credits.
const SAME: &str = "same";

/// The form for a choice.
pub(super) struct ChoiceForm {
    pub(super) credit: AccountField,
    pub(super) debit: AccountField,
    pub(super) gst: Radios,
    pub(super) since: Radios,
    pub(super) from: Field,
    pub(super) wrong: bool,
}

/// Accounts to choose from, in groups.
pub(super) struct AccountField {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) error: Option<String>,
    /// Value and words of what stands before all accounts.
    pub(super) first: (&'static str, &'static str),
    pub(super) groups: Vec<(&'static str, Vec<AccountOption>)>,
}

pub(super) struct AccountOption {
    pub(super) value: &'static str,
    pub(super) words: &'static str,
    pub(super) chosen: bool,
}

/// A few answers, one of which holds.
pub(super) struct Radios {
    pub(super) name: &'static str,
    pub(super) legend: &'static str,
    pub(super) error: Option<String>,
    pub(super) answers: Vec<Answer>,
}

pub(super) struct Answer {
    pub(super) value: &'static str,
    pub(super) title: String,
    pub(super) words: &'static str,
    pub(super) chosen: bool,
}

#[derive(Template)]
#[template(path = "label/preview.html")]
struct PreviewPage {
    frame: Frame,
    name: Name,
    back: String,
    says: Vec<(&'static str, String)>,
    effect: EffectView,
    action: String,
    kept: Vec<(&'static str, String)>,
}

/// What a rule would change, before it is made.
pub(crate) async fn preview(
    State(app): State<App>,
    seat: Seat<Manager>,
    Path(id): Path<String>,
    mut entry: Entry,
) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let (id, label) = label_of(&mut books, &id).await?;
    let Some(choice) = read(&mut books, &mut entry, id, app.today()).await? else {
        return detail::show_as(&app, &seat, &mut books, id, None, &entry, StatusCode::UNPROCESSABLE_ENTITY)
            .await;
    };
    let effect = EffectView::of(&mut books, RuleChange::Add(id, choice), &app.reading).await?;
    let name = Name::of(&label);
    page::show(&PreviewPage {
        frame: seat.frame(format!("Rule for {}", name.what), Here::Labels),
        says: says(choice),
        name,
        back: format!("/labels/{id}"),
        effect,
        action: format!("/labels/{id}/rule"),
        kept: FIELDS.map(|field| (field, entry.raw(field).to_owned())).to_vec(),
    })
}

/// Makes the rule; its job goes with it.
pub(crate) async fn create(
    State(app): State<App>,
    seat: Seat<Manager>,
    Path(id): Path<String>,
    mut entry: Entry,
) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let (id, _) = label_of(&mut books, &id).await?;
    let Some(choice) = read(&mut books, &mut entry, id, app.today()).await? else {
        return detail::show_as(&app, &seat, &mut books, id, None, &entry, StatusCode::UNPROCESSABLE_ENTITY)
            .await;
    };
    books.add_label_rule(id, choice, seat.person(), app.now()).await?;
    seat.audit(&app, &mut books, Action::AddLabelRule, &format!("labels/{id}")).await?;
    tx.commit().await?;
    app.bell.ring();
    Ok(Redirect::to(&format!("/labels/{id}?said=made")).into_response())
}

/// What the form says, if nothing is wrong with it.
async fn read(
    books: &mut Scoped<'_>,
    entry: &mut Entry,
    label: LabelId,
    today: Date,
) -> Page<Option<LabelChoice>> {
    let credit = account(entry, "credit");
    let debit = if entry.raw("debit") == SAME { credit } else { account(entry, "debit") };
    let gst = Gst::from_name(entry.raw("gst"));
    if gst.is_none() {
        entry.refuse("gst", "Choose where its GST stands.");
    }
    let from = first_day(entry, today);
    let (Some(credit), Some(debit), Some(gst), Some(from)) = (credit, debit, gst, from) else {
        return Ok(None);
    };
    let profit = [credit, debit].iter().all(|account| account.class() == Class::Profit);
    if gst == Gst::Included && !profit {
        entry.refuse(
            "gst",
            "Only income and expenses hold GST inside. Choose another answer, or another account.",
        );
    }
    refuse_hidden(&books.label_rules().await?, entry, label, from);
    Ok(entry.is_good().then_some(LabelChoice { credit, debit, gst, from }))
}

fn account(entry: &mut Entry, name: &'static str) -> Option<Account> {
    let chosen = Account::from_name(entry.raw(name)).filter(|account| takes_lines(*account));
    if chosen.is_none() {
        entry.refuse(name, "Choose an account.");
    }
    chosen
}

/// Costs that the seller enters are no lines of Amazon's.
fn takes_lines(account: Account) -> bool {
    !matches!(account, Account::Cogs | Account::InventoryLoss | Account::Indirect)
}

fn first_day(entry: &mut Entry, today: Date) -> Option<i32> {
    match entry.raw("since") {
        "all" => Some(i32::MIN),
        "today" => Some(day::of_date(today)),
        "day" => {
            let from = entry.day("from");
            if from.is_none() {
                entry.refuse("from", "Choose the first day.");
            }
            from.map(day::of_date)
        }
        _ => {
            entry.refuse("since", "Choose from when on it applies.");
            None
        }
    }
}

/// A rule never hides behind one that begins on its day or later.
fn refuse_hidden(rules: &[LabelRuleView], entry: &mut Entry, label: LabelId, from: i32) {
    let stands =
        |rule: &&LabelRuleView| rule.label == label && rule.undone.is_none() && rule.rule.from >= from;
    if let Some(rule) = rules.iter().find(stands) {
        let begins = kept_days(rule.rule.from);
        entry.refuse(
            "since",
            format!("Your rule {begins} stands. Undo it below first, or choose a later day."),
        );
    }
}

/// The choice in words.
fn says(choice: LabelChoice) -> Vec<(&'static str, String)> {
    let mut says = Vec::new();
    if choice.credit == choice.debit {
        says.push(("Account", words::account(choice.credit).to_owned()));
    } else {
        says.push(("Credits", words::account(choice.credit).to_owned()));
        says.push(("Debits", words::account(choice.debit).to_owned()));
    }
    says.push(("GST", super::gst(choice.gst).to_owned()));
    says.push(("Applies", kept_days(choice.from)));
    says
}

impl ChoiceForm {
    /// `first` is the first day of the label's lines.
    pub(super) fn of(entry: &Entry, first: Option<Date>, today: Date) -> Self {
        let debits = ("same", "The same account");
        Self {
            credit: AccountField::of(
                entry,
                "credit",
                "Account",
                "for what is paid to you, and for charges too",
                ("", "Choose…"),
            ),
            debit: AccountField::of(
                entry,
                "debit",
                "Account of charges",
                "if what is taken from you goes elsewhere",
                debits,
            ),
            gst: gst_radios(entry),
            since: since_radios(entry, first, today),
            from: entry.field("from", "First day").kind("date").optional(),
            wrong: !entry.is_good(),
        }
    }
}

impl AccountField {
    fn of(
        entry: &Entry,
        name: &'static str,
        label: &'static str,
        hint: &'static str,
        first: (&'static str, &'static str),
    ) -> Self {
        let mut groups: Vec<(&'static str, Vec<AccountOption>)> = Vec::new();
        for account in Account::ALL.iter().copied().filter(|account| takes_lines(*account)) {
            let group = group(account);
            let chosen = entry.raw(name) == account.name();
            let option = AccountOption { value: account.name(), words: words::account(account), chosen };
            match groups.iter_mut().find(|(known, _)| *known == group) {
                Some((_, options)) => options.push(option),
                None => groups.push((group, vec![option])),
            }
        }
        Self { name, label, hint, error: entry.error(name).map(ToOwned::to_owned), first, groups }
    }
}

/// Under which heading an account is looked for.
fn group(account: Account) -> &'static str {
    match account.class() {
        Class::Profit if account.name().starts_with("income:") => "Income",
        Class::Profit if account.name().starts_with("expense:fee:") => "Amazon fees",
        Class::Profit => "Other expenses",
        Class::TaxCollected
        | Class::TaxWithheld
        | Class::GstInput
        | Class::Tcs
        | Class::Tds
        | Class::TdsOnFees => "Taxes: in no profit",
        Class::Reserve | Class::Transfer | Class::Loan => "Held back, moved, lent: in no profit",
        Class::Suspense => "Undecided",
    }
}

fn gst_radios(entry: &Entry) -> Radios {
    let answer = |gst: Gst| Answer {
        value: gst.name(),
        title: super::gst(gst).to_owned(),
        words: match gst {
            Gst::Separate => {
                "Amazon lists the tax beside the amount, as with most fees. Nothing is set apart."
            }
            Gst::Included => {
                "18\u{2009}% is in it. 18/118 is set apart as input credit: an estimate, until a tax invoice replaces it."
            }
            Gst::None => "Reimbursements, loans, reserves, money moved, taxes themselves.",
            Gst::Unknown => "The whole amount stays in the account until somebody knows.",
        },
        chosen: entry.raw("gst") == gst.name(),
    };
    Radios {
        name: "gst",
        legend: "Its GST",
        error: entry.error("gst").map(ToOwned::to_owned),
        answers: Gst::ALL.map(answer).into(),
    }
}

fn since_radios(entry: &Entry, first: Option<Date>, today: Date) -> Radios {
    let all = match first {
        Some(first) => format!("From the first line on, {}", shown(first)),
        None => "From the first line on".to_owned(),
    };
    let answers = [
        ("all", all, "Lines that are there are posted anew, and older files that still come follow it too."),
        ("today", format!("From today on, {}", shown(today)), "Nothing changes in the days before."),
        ("day", "From a day of your own on".to_owned(), "Give it below."),
    ];
    let chosen = |value: &str| entry.raw("since") == value;
    let answers = answers.map(|(value, title, words)| Answer { value, title, words, chosen: chosen(value) });
    let error = entry.error("since").map(ToOwned::to_owned);
    Radios { name: "since", legend: "It applies", error, answers: answers.into() }
}

/// What the form begins with: the verdict that holds today, or what a suggestion says.
pub(super) fn prefilled(credit: Account, debit: Account, gst: Gst) -> Entry {
    let open = credit == Account::Unclassified && debit == Account::Unclassified;
    let first = if open { "" } else { credit.name() };
    let second = if credit == debit { SAME } else { debit.name() };
    Entry::with(&[("credit", first), ("debit", second), ("gst", gst.name()), ("since", "all")])
}

/// The same as a link, so that a suggestion is one click.
pub(super) fn suggested(label: LabelId, credit: Account, debit: Account, gst: Gst) -> String {
    let second = if credit == debit { SAME } else { debit.name() };
    crate::params::Link::to(&format!("/labels/{label}"))
        .with("credit", credit.name())
        .with("debit", second)
        .with("gst", gst.name())
        .text()
        + "#rule"
}

/// A choice that an address carries, from a suggestion.
pub(super) fn from_address(params: &crate::params::Params) -> Option<Entry> {
    let account = |name: &str| params.one(name).and_then(Account::from_name).filter(|one| takes_lines(*one));
    let credit = account("credit")?;
    let debit = if params.one("debit") == Some(SAME) { credit } else { account("debit")? };
    Some(prefilled(credit, debit, params.one("gst").and_then(Gst::from_name)?))
}

/// A label as a title and what stands above it.
impl Name {
    pub(crate) fn of(label: &Label) -> Self {
        let all = [&label.transaction_type, &label.amount_type, &label.description];
        let named: Vec<&str> = all.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        match named.split_last() {
            Some((last, rest)) => Self { what: (*last).to_owned(), rest: rest.join(" · ") },
            None => Self { what: "(no name)".to_owned(), rest: String::new() },
        }
    }
}
