//! Taking files in: each is written to the spool folder as it comes, never held in memory.
//!
//! A file that is not noted in the database in the end, because something went wrong, is removed again.

use crate::random;
use std::path::{Path, PathBuf};

use axum::extract::{
    Multipart,
    multipart::{Field, MultipartError},
};
use ecom_ledger::settlement::MOST_FILE_BYTES;
use tokio::{
    fs::File,
    io::{AsyncWriteExt, BufWriter},
};

use crate::fault::{Fault, Page};

/// Files in one form.
const MOST_FILES: usize = 200;
/// Bytes of one form.
const MOST_FORM_BYTES: u64 = 4 * MOST_FILE_BYTES;
/// Bytes of a plain field among the files.
const MOST_TEXT_BYTES: usize = 1024;
/// What is gathered before it is written.
const BUFFER_BYTES: usize = 256 * 1024;

/// What an import form holds.
#[derive(Default)]
pub(crate) struct Received {
    /// The chosen account, or `new`.
    pub(crate) account: String,
    /// The name of a new one.
    pub(crate) account_name: String,
    /// The files, in the order in which they came.
    pub(crate) files: Vec<Spooled>,
}

/// A file in the spool folder; removed when dropped, unless kept.
pub(crate) struct Spooled {
    path: PathBuf,
    /// Name in the spool folder.
    pub(crate) spool: String,
    /// Name as sent.
    pub(crate) name: String,
    /// Its size.
    pub(crate) bytes: u64,
    kept: bool,
}

impl Spooled {
    /// Leaves the file for the worker.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(error = %error, "an upload that came to nothing could not be removed");
        }
    }
}

impl Received {
    /// Reads a form to its end.
    pub(crate) async fn read(mut form: Multipart, spool: &Path) -> Page<Self> {
        let mut received = Self::default();
        let mut left = MOST_FORM_BYTES;
        while let Some(field) = form.next_field().await.map_err(|error| cut_off(&error))? {
            match field.name() {
                Some("account") => received.account = text(field).await?,
                Some("account_name") => received.account_name = text(field).await?,
                Some("files") => {
                    // A form without a chosen file still sends one, without a name.
                    let name = file_name(field.file_name().unwrap_or_default());
                    if name.is_empty() {
                        continue;
                    }
                    if received.files.len() == MOST_FILES {
                        return Err(Fault::TooLarge(format!(
                            "At most {MOST_FILES} files at once. Send the rest afterwards."
                        )));
                    }
                    let spooled = write(field, name, spool, left).await?;
                    left -= spooled.bytes;
                    received.files.push(spooled);
                }
                _ => {}
            }
        }
        Ok(received)
    }
}

async fn write(mut field: Field<'_>, name: String, folder: &Path, left: u64) -> Page<Spooled> {
    let spool = random::name()?;
    let path = folder.join(&spool);
    let file = File::create_new(&path).await.map_err(|error| disk(error, &name))?;
    let mut spooled = Spooled { path, spool, name, bytes: 0, kept: false };
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
    while let Some(chunk) = field.chunk().await.map_err(|error| cut_off(&error))? {
        spooled.bytes += chunk.len() as u64;
        if spooled.bytes > MOST_FILE_BYTES || spooled.bytes > left {
            return Err(too_large(&spooled.name));
        }
        out.write_all(&chunk).await.map_err(|error| disk(error, &spooled.name))?;
    }
    out.flush().await.map_err(|error| disk(error, &spooled.name))?;
    // The worker reads it in any case; that it is on the disk matters only once it is noted as received.
    out.get_ref().sync_all().await.map_err(|error| disk(error, &spooled.name))?;
    Ok(spooled)
}

fn too_large(name: &str) -> Fault {
    let (one, all) = (MOST_FILE_BYTES >> 30, MOST_FORM_BYTES >> 30);
    Fault::TooLarge(format!(
        "“{name}” is too large: a file may have {one} GiB, all files of one form {all} GiB. Ask Amazon for the report of a shorter time, or send it compressed as .gz."
    ))
}

fn disk(error: std::io::Error, name: &str) -> Fault {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return Fault::TooLarge(format!(
            "The server’s disk has no room left for “{name}”. Nothing was imported; whoever runs the server must make room."
        ));
    }
    Fault::broken(error)
}

fn cut_off(error: &MultipartError) -> Fault {
    Fault::invalid(
        "files",
        format!("The files did not arrive whole ({}). Send them again.", error.body_text()),
    )
}

async fn text(mut field: Field<'_>) -> Page<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| cut_off(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_TEXT_BYTES {
            return Err(Fault::invalid("form", format!("A field has more than {MOST_TEXT_BYTES} bytes.")));
        }
    }
    String::from_utf8(bytes).map_err(|_| Fault::invalid("form", "A field is no UTF-8 text."))
}

/// The last part of a path, as some browsers send one, without control characters; its end if it is very long, since
/// there Amazon's report id and the ending stand.
fn file_name(sent: &str) -> String {
    const MOST: usize = 200;
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: Vec<char> = last.chars().filter(|letter| !letter.is_control()).collect();
    plain[plain.len().saturating_sub(MOST)..].iter().collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_only_names() {
        assert_eq!(file_name("50012345.txt"), "50012345.txt");
        assert_eq!(file_name("C:\\Users\\Asha\\50012345.txt"), "50012345.txt");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("a\0b\r\n.txt"), "ab.txt");
        assert_eq!(file_name(&format!("{}50012345.txt", "é".repeat(300))).chars().count(), 200);
        assert_eq!(file_name("  "), "");
    }
}
