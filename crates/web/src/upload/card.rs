//! An upload as the page shows it: progress while it is read, then each file's result and what to do.

use ecom_ledger::Currency;
use ecom_store::{
    FileId, ImportResult, ImportedSettlement, Outcome, SellerAccount, SettlementState, SettlementView,
    Trouble, UploadState, UploadView,
};
use jiff::civil::Date;

use crate::{app::App, moment, money, notice::Tone};

/// An upload.
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: String,
    /// When it came, in India.
    pub(crate) day: Date,
    pub(crate) about: String,
    pub(crate) state: (&'static str, &'static str),
    pub(crate) progress: Option<Progress>,
    pub(crate) results: Vec<Outcoming>,
    /// What was in the way and what to do, with its colour.
    pub(crate) trouble: Option<(&'static str, String)>,
}

/// How far it is.
pub(crate) struct Progress {
    pub(crate) done: i64,
    pub(crate) total: i64,
    pub(crate) words: String,
}

/// What came of one file.
pub(crate) struct Outcoming {
    pub(crate) name: String,
    pub(crate) tone: &'static str,
    pub(crate) state: &'static str,
    pub(crate) words: String,
    pub(crate) settlements: Vec<Part>,
    pub(crate) notes: Vec<String>,
    pub(crate) withdrawal: Option<String>,
}

/// A settlement in a file.
pub(crate) struct Part {
    pub(crate) href: String,
    pub(crate) id: String,
    pub(crate) words: String,
    pub(crate) tone: &'static str,
    pub(crate) state: &'static str,
    pub(crate) advice: &'static str,
    pub(crate) currency: Option<Currency>,
    pub(crate) total: Option<i64>,
    pub(crate) sum: i64,
}

impl Card {
    /// `settlements` are all of the business: what became of them meanwhile is told, not what was true then.
    pub(crate) fn new(
        app: &App,
        upload: &UploadView,
        accounts: &[SellerAccount],
        settlements: &[SettlementView],
        may_withdraw: bool,
    ) -> Self {
        let account = accounts.iter().find(|account| account.id == upload.seller_account);
        let account = account.map_or("", |account| account.name.as_str());
        let about = format!("{} · {} · {account}", size(upload.bytes), moment::told(upload.uploaded_at));
        let results = upload.results.iter().map(|result| outcoming(result, settlements, may_withdraw));
        let outcomings: Vec<Outcoming> = results.collect();
        Self {
            id: upload.id.to_string(),
            name: upload.name.clone(),
            account: account.to_owned(),
            day: moment::at(upload.uploaded_at).date(),
            about,
            state: state(upload, &outcomings),
            progress: progress(app, upload),
            results: outcomings,
            trouble: upload.trouble.map(|trouble| told(trouble, upload)),
        }
    }
}

/// What was in the way, whether it is tried again by itself, and else what a person can do.
fn told(trouble: Trouble, upload: &UploadView) -> (&'static str, String) {
    let (why, then) = reason(trouble);
    if upload.state == UploadState::Failed {
        let whole = "Nothing of a file is half in the books.";
        return (Tone::Bad.class(), format!("{why} {whole} {then}"));
    }
    let at = moment::at(upload.due);
    (Tone::Attention.class(), format!("{why} It is tried again by itself at {}.", at.strftime("%H:%M:%S")))
}

/// What happened, and what to do once it is not tried any more.
fn reason(trouble: Trouble) -> (&'static str, &'static str) {
    match trouble {
        Trouble::Busy => (
            "Another large piece of work held the books too long.",
            "Send it in once more when nothing else is being read.",
        ),
        Trouble::Full => (
            "The server’s disk has no room left.",
            "Whoever runs the server must make room; then send it in once more.",
        ),
        Trouble::Gone => ("The file is not on the server’s disk any more.", "Send it in once more."),
        Trouble::Disk => (
            "The server could not read or write its disk.",
            "Whoever runs the server must look at the disk and at who may write to it; then send it in once more.",
        ),
        Trouble::Key => (
            "The key that seals your originals could not be opened.",
            "Whoever runs the server must look at the root key, with `ecom doctor`; then send it in once more.",
        ),
        Trouble::Died => (
            "The server stopped in the middle of it, each time it was tried.",
            "The machine may have too little memory for this file: ask Amazon for the report of a shorter time, or whoever runs the server.",
        ),
        Trouble::Broken => (
            "Reading it stopped by a mistake of this program, not of the file.",
            "Whoever runs the server finds the reason in its log; send it in once more after an update.",
        ),
    }
}

/// The worst of its results.
fn state(upload: &UploadView, results: &[Outcoming]) -> (&'static str, &'static str) {
    let (bad, attention) = (Tone::Bad.class(), Tone::Attention.class());
    match upload.state {
        UploadState::Queued if upload.trouble.is_some() => ("waiting for another try", attention),
        UploadState::Queued => ("waiting", Tone::Plain.class()),
        UploadState::Running => ("being read", Tone::Plain.class()),
        UploadState::Failed => ("failed", bad),
        UploadState::Done if results.iter().all(|result| result.tone == bad) => ("not in the books", bad),
        UploadState::Done
            if results.iter().any(|result| result.tone != Tone::Good.class() && !result.tone.is_empty()) =>
        {
            ("needs a look", attention)
        }
        UploadState::Done => ("done", Tone::Good.class()),
    }
}

fn progress(app: &App, upload: &UploadView) -> Option<Progress> {
    match upload.state {
        UploadState::Queued if upload.trouble.is_some() => None,
        UploadState::Queued => {
            Some(Progress { done: 0, total: 0, words: "Waiting for its turn.".to_owned() })
        }
        UploadState::Running => {
            let (done, total) = app.live.of(upload.job).unwrap_or((upload.done, upload.total));
            let share = if total > 0 { done.saturating_mul(100) / total } else { 0 };
            Some(Progress { done, total, words: format!("{share}\u{2009}% read, checked and stored.") })
        }
        UploadState::Done | UploadState::Failed => None,
    }
}

fn outcoming(result: &ImportResult, settlements: &[SettlementView], may_withdraw: bool) -> Outcoming {
    let parts: Vec<Part> = match &result.outcome {
        Outcome::Imported { settlements: imported, .. } => {
            imported.iter().map(|part| of_settlement(part, settlements)).collect()
        }
        _ => Vec::new(),
    };
    let file = result.outcome.file();
    let standing = |file: FileId| {
        settlements.iter().any(|known| known.file == file && known.state != SettlementState::Withdrawn)
    };
    let (state, tone, words) = match &result.outcome {
        _ if file.is_some_and(|file| !standing(file)) => ("withdrawn", Tone::Plain, String::new()),
        Outcome::Same { .. } => {
            ("known already", Tone::Plain, "These bytes were imported before. Nothing changed.".to_owned())
        }
        Outcome::Refused { message } => ("refused", Tone::Bad, format!("{message}.")),
        Outcome::Imported { lines, .. } => {
            let worst = parts
                .iter()
                .map(|part| part.tone)
                .find(|tone| *tone != Tone::Good.class() && !tone.is_empty());
            let (state, tone) = match worst {
                Some(tone) if tone == Tone::Bad.class() => ("kept apart", Tone::Bad),
                Some(_) => ("your choice", Tone::Attention),
                None => ("imported", Tone::Good),
            };
            (state, tone, money::counted(*lines, "line", "lines"))
        }
    };
    Outcoming {
        name: result.name.clone(),
        tone: tone.class(),
        state,
        words,
        settlements: parts,
        notes: result.notes.clone(),
        // Bytes that were known already are withdrawn where they were first sent in.
        withdrawal: file
            .filter(|file| may_withdraw && standing(*file) && !matches!(result.outcome, Outcome::Same { .. }))
            .map(|file| format!("/files/{file}/withdrawal")),
    }
}

fn of_settlement(part: &ImportedSettlement, settlements: &[SettlementView]) -> Part {
    let now =
        settlements.iter().find(|known| known.key == part.key()).map(|known| known.state).or(part.state());
    let exact = |amount| money::exact(part.currency().unwrap_or(Currency::INR), amount);
    let words = match part.total {
        Some(total) if total == part.sum => format!("{}, balanced to the last paisa", exact(total)),
        Some(total) => format!(
            "total {}, but its lines sum to {}: {} apart",
            exact(total),
            exact(part.sum),
            exact(part.sum.saturating_sub(total).saturating_abs())
        ),
        None => format!("{}, each row checked", exact(part.sum)),
    };
    let (state, tone, advice) = match now {
        Some(SettlementState::Active) => ("in the figures", Tone::Good, ""),
        Some(SettlementState::Quarantined) => (
            "does not balance",
            Tone::Bad,
            "It is in no figure. Download the file from Amazon again and send it in.",
        ),
        Some(SettlementState::Replaced) => {
            ("replaced", Tone::Plain, "A newer or more exact file stands for it.")
        }
        Some(SettlementState::Undecided) => (
            "your choice",
            Tone::Attention,
            "Another file has the same settlement. Open it and choose which one counts.",
        ),
        Some(SettlementState::Withdrawn) => ("withdrawn", Tone::Plain, ""),
        None => ("unknown", Tone::Attention, ""),
    };
    Part {
        href: format!("/settlements/{}", part.key()),
        id: part.settlement_id.clone(),
        words,
        tone: tone.class(),
        state,
        advice,
        currency: part.currency(),
        total: part.total,
        sum: part.sum,
    }
}

/// `12.3 MiB`
pub(crate) fn size(bytes: i64) -> String {
    const STEPS: [&str; 3] = ["KiB", "MiB", "GiB"];
    if bytes < 1024 {
        return money::counted(bytes, "byte", "bytes");
    }
    let (mut tenths, mut step) = (bytes.saturating_mul(10) / 1024, 0);
    while tenths >= 10_240 && step + 1 < STEPS.len() {
        tenths /= 1024;
        step += 1;
    }
    format!("{}.{}\u{a0}{}", tenths / 10, tenths % 10, STEPS[step])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_say_them() {
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1_023), "1,023 bytes");
        assert_eq!(size(1_536), "1.5\u{a0}KiB");
        assert_eq!(size(180 << 20), "180.0\u{a0}MiB");
        assert_eq!(size(2 << 30), "2.0\u{a0}GiB");
    }
}
