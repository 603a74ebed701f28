//! Files: sending them in, how far they are, what came of each, and all that were imported. Leaving the page stops
//! nothing.

mod archive;
mod card;
mod download;
mod receive;

use askama::Template;
use axum::{
    extract::{Multipart, Path, State, multipart::MultipartRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{
    Action, Filter, NewUpload, Outcome, Scoped, SellerAccount, SellerAccountId, UploadId, UploadState,
    UploadView,
};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    page,
    params::{Link, Params},
    seat::{Manager, Seat, Viewer},
};
use archive::Archive;
use card::Card;
use receive::Received;

/// Uploads that are looked at: those that are open or came to nothing are shown among the newest.
const MOST: i64 = 30;
/// Uploads of a file.
const MOST_DOWNLOADED: i64 = 20_000;
/// The newest uploads, shown however they ended.
const NEWEST: usize = 5;
/// Without script, the page is asked for again after this many seconds while files are read.
const RELOAD_S: u8 = 2;
/// Longest name of an account at Amazon.
const MOST_NAME: usize = 80;
/// What the first account is called unless one says otherwise.
const FIRST_NAME: &str = "Amazon.in";

#[derive(Template)]
#[template(path = "upload/list.html")]
struct UploadsPage {
    frame: Frame,
    downloads: Downloads,
    said: Option<&'static str>,
    form: Option<ImportForm>,
    cards: Vec<Card>,
    /// All files that were imported.
    archive: Option<Archive>,
    /// Something is still being read.
    open: bool,
    /// Only this upload is shown.
    single: bool,
}

/// The form for sending files in.
struct ImportForm {
    fields: Vec<Field>,
    error: Option<String>,
}

/// The form and the newest uploads.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let said = match params.one("said") {
        Some("withdrawn") => {
            Some("The import was withdrawn. Its lines are gone from all figures; the record stays.")
        }
        _ => None,
    };
    if let Some(wanted) = Download::read(&params)? {
        let mut tx = app.db.read().await?;
        let tables = download::tables(&app, &mut seat.books(&mut tx).await?).await?;
        return wanted.send(&FileName::today(&app, &seat, "files"), tables).await;
    }
    let page = params.read("page", "the number of a page", page_number)?.unwrap_or(1);
    listed(&app, &seat, said, (Entry::default(), page), StatusCode::OK).await
}

fn page_number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|page| *page > 0)
}

/// One upload.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, Path(id): Path<String>) -> Page {
    let id: UploadId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let upload = books.upload(id).await?.ok_or(Fault::Missing)?;
    let accounts = books.seller_accounts().await?;
    let settlements = books.settlements(&Filter::days(i32::MIN, i32::MAX)).await?;
    let cards = vec![Card::new(&app, &upload, &accounts, &settlements, seat.may::<Manager>())];
    let open = matches!(upload.state, UploadState::Queued | UploadState::Running);
    let frame = seat.frame(upload.name, Here::Files).reloading(open.then_some(RELOAD_S));
    let downloads = downloads();
    page::show(&UploadsPage {
        frame,
        downloads,
        said: None,
        form: None,
        cards,
        archive: None,
        open,
        single: true,
    })
}

/// Takes files in. Their rows and jobs are written in one transaction once all of them are there.
pub(crate) async fn create(
    State(app): State<App>,
    seat: Seat<Manager>,
    form: Result<Multipart, MultipartRejection>,
) -> Page {
    let form = form.map_err(|rejection| Fault::invalid("files", rejection.body_text()))?;
    let received = Received::read(form, &app.spool).await?;
    let mut entry = Entry::with(&[("account", &received.account), ("account_name", &received.account_name)]);
    if received.files.is_empty() {
        entry.refuse("files", "Choose at least one file.");
    }
    let now = app.now();
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let account = account(&mut books, &mut entry, now).await?;
    let Some(account) = account.filter(|_| entry.is_good()) else {
        drop(tx);
        return listed(&app, &seat, None, (entry, 1), StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    for file in &received.files {
        let bytes = i64::try_from(file.bytes).map_err(Fault::broken)?;
        let new = NewUpload { seller_account: account, name: &file.name, spool: &file.spool, bytes };
        let id = books.add_upload(&new, now).await?;
        seat.audit(&app, &mut books, Action::SendFile, &format!("uploads/{id}")).await?;
    }
    tx.commit().await?;
    received.files.into_iter().for_each(receive::Spooled::keep);
    app.bell.ring();
    Ok(Redirect::to("/uploads").into_response())
}

/// The chosen account, or the one with the typed name, which is made if it is new.
async fn account(books: &mut Scoped<'_>, entry: &mut Entry, now: i64) -> Page<Option<SellerAccountId>> {
    let known = books.seller_accounts().await?;
    let chosen = entry.raw("account").to_owned();
    // A form that was opened before there was any account names one and offers no choice.
    let named = chosen.is_empty() && !entry.raw("account_name").trim().is_empty();
    if !known.is_empty() && chosen != "new" && !named {
        let id = chosen.parse::<SellerAccountId>().ok();
        let found = known.iter().find(|account| Some(account.id) == id).map(|account| account.id);
        if found.is_none() {
            entry.refuse("account", "Choose the account at Amazon that these files are of.");
        }
        return Ok(found);
    }
    let name = entry.text("account_name", MOST_NAME, "Give the account at Amazon a name.");
    if !entry.is_good() {
        return Ok(None);
    }
    // The same name sent again, by a second file of the same choice say, means the same account.
    match known.iter().find(|account| account.name == name) {
        Some(account) => Ok(Some(account.id)),
        None => Ok(Some(books.add_seller_account(&name, now).await?)),
    }
}

fn downloads() -> Downloads {
    Downloads::of(&Link::to("/uploads"), &download::TABLES)
}

async fn listed<R: crate::seat::Role>(
    app: &App,
    seat: &Seat<R>,
    said: Option<&'static str>,
    (entry, page): (Entry, i64),
    status: StatusCode,
) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let accounts = books.seller_accounts().await?;
    let last = books.last_seller_account().await?;
    let uploads = books.uploads(MOST).await?;
    let settlements = books.settlements(&Filter::days(i32::MIN, i32::MAX)).await?;
    let archive = Archive::of(&books.file_page(page, archive::PAGE).await?, &accounts, seat.may::<Manager>());
    let may = seat.may::<Manager>();
    let open =
        uploads.iter().any(|upload| matches!(upload.state, UploadState::Queued | UploadState::Running));
    let page = UploadsPage {
        frame: seat.frame("Files", Here::Files).reloading(open.then_some(RELOAD_S)),
        downloads: downloads(),
        said,
        form: may.then(|| form(&accounts, last, entry)),
        cards: told(&uploads).map(|upload| Card::new(app, upload, &accounts, &settlements, may)).collect(),
        archive,
        open,
        single: false,
    };
    page::show_as(status, &page)
}

/// The newest uploads, and older ones that are open or came to nothing.
fn told(uploads: &[UploadView]) -> impl Iterator<Item = &UploadView> {
    let ended = |upload: &UploadView| {
        upload.state == UploadState::Done
            && upload.results.iter().all(|result| !matches!(result.outcome, Outcome::Refused { .. }))
    };
    uploads
        .iter()
        .enumerate()
        .filter(move |(at, upload)| *at < NEWEST || !ended(upload))
        .map(|(_, upload)| upload)
}

fn form(accounts: &[SellerAccount], last: Option<SellerAccountId>, entry: Entry) -> ImportForm {
    let error = entry.error("files").map(ToOwned::to_owned);
    let entry = if entry.raw("account").is_empty() && entry.is_good() {
        let chosen = last.or(accounts.first().map(|account| account.id)).map(|id| id.to_string());
        let name = if accounts.is_empty() { FIRST_NAME } else { "" };
        Entry::with(&[("account", &chosen.unwrap_or_default()), ("account_name", name)])
    } else {
        entry
    };
    let name = entry.field(
        "account_name",
        if accounts.is_empty() { "Account at Amazon" } else { "Name of the new account" },
    );
    if accounts.is_empty() {
        let hint = "What you call it. Files of several accounts are kept apart.";
        return ImportForm { fields: vec![name.hint(hint)], error };
    }
    let options = accounts.iter().map(|account| (account.id.to_string(), account.name.clone()));
    let new = ("new".to_owned(), "A new account…".to_owned());
    let account = entry.field("account", "Account at Amazon").choice(options.chain([new]));
    ImportForm { fields: vec![account, name.optional().hint("Only for a new account.")], error }
}
