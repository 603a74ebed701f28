//! Tables of any length: read piece by piece in one snapshot of the books, sent while they are read.
//!
//! Memory is that of a few pieces. A file that could not be written to its end is cut off, so that the browser says so:
//! it never looks whole.

use std::time::Duration;

use axum::body::Body;
use ecom_documents::{Sheet, Value, csv_head, csv_rows};
use futures_util::{StreamExt, stream};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::timeout,
};

use super::too_long_for_workbook;
use crate::fault::{Fault, Page};

/// Pieces that wait for the browser.
const WAITING: usize = 2;
/// A browser that takes nothing for so long has gone: its snapshot of the books is given back.
const STALLED: Duration = Duration::from_mins(1);

/// Where rows come from.
pub(crate) trait Rows: Send + 'static {
    /// The next rows; none at the end.
    fn more(&mut self) -> impl Future<Output = Page<Vec<Vec<Value>>>> + Send;
}

/// Bytes, and at the very end nothing.
type Piece = Option<Vec<u8>>;

/// CSV, sent while it is read. `turn` is given back at the end.
pub(super) fn body(turn: OwnedSemaphorePermit, head: Sheet, rows: impl Rows) -> Page<Body> {
    let first = csv_head(&head.name, &head.header).map_err(Fault::broken)?;
    let (send, receive) = mpsc::channel::<Piece>(WAITING);
    ecom_work::spawn("download", async move {
        if let Err(fault) = feed(&send, first, &head.name, rows).await {
            tracing::warn!(?fault, "a download was cut off");
        }
        drop(turn);
    });
    let pieces = stream::unfold(Some(receive), |receive| async {
        let mut receive = receive?;
        match receive.recv().await {
            Some(Some(bytes)) => Some((Ok(bytes), Some(receive))),
            Some(None) => None,
            None => Some((Err("the download was cut off"), None)),
        }
    });
    // Whoever packs the answer asks once more after its end.
    Ok(Body::from_stream(pieces.fuse()))
}

async fn feed(send: &mpsc::Sender<Piece>, first: Vec<u8>, name: &str, mut rows: impl Rows) -> Page<()> {
    let mut piece = first;
    loop {
        let taken = timeout(STALLED, send.send(Some(piece))).await;
        // The browser went away: nobody is left to tell.
        let Ok(Ok(())) = taken else { return Ok(()) };
        let more = rows.more().await?;
        if more.is_empty() {
            break;
        }
        piece = csv_rows(name, &more).map_err(Fault::broken)?;
    }
    // Should even this fail, the file is cut off.
    _ = timeout(STALLED, send.send(None)).await;
    Ok(())
}

/// All rows, if there are not more than that.
pub(super) async fn gather(mut head: Sheet, mut rows: impl Rows, most: usize) -> Page<Sheet> {
    loop {
        let more = rows.more().await?;
        if more.is_empty() {
            return Ok(head);
        }
        if head.rows.len() + more.len() > most {
            return Err(too_long_for_workbook(&head.name));
        }
        head.rows.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt;
    use tokio::sync::Semaphore;

    use super::*;

    /// So many pieces of one row; then the end, or a failure.
    struct Count(i64, bool);

    impl Rows for Count {
        async fn more(&mut self) -> Page<Vec<Vec<Value>>> {
            self.0 -= 1;
            match self.0 {
                0.. => Ok(vec![vec![Value::Integer(self.0)]]),
                _ if self.1 => Err(Fault::broken("the disk went away")),
                _ => Ok(Vec::new()),
            }
        }
    }

    fn head() -> Sheet {
        Sheet { name: "n".into(), header: vec!["n".into()], rows: Vec::new() }
    }

    async fn turn() -> (Arc<Semaphore>, OwnedSemaphorePermit) {
        let turns = Arc::new(Semaphore::new(1));
        let turn = Arc::clone(&turns).acquire_owned().await.unwrap();
        (turns, turn)
    }

    #[tokio::test]
    async fn pieces_become_one_file_and_the_turn_is_given_back() {
        let (turns, turn) = turn().await;
        let body = body(turn, head(), Count(3, false)).unwrap();
        let bytes = body.collect().await.unwrap().to_bytes();
        assert_eq!(bytes, "\u{feff}n\n2\n1\n0\n".as_bytes());
        _ = turns.acquire().await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_fails_half_way_does_not_look_whole() {
        let (turns, turn) = turn().await;
        let body = body(turn, head(), Count(3, true)).unwrap();
        assert!(body.collect().await.is_err());
        _ = turns.acquire().await.unwrap();
    }

    #[tokio::test]
    async fn a_browser_that_goes_away_ends_the_reading() {
        let (turns, turn) = turn().await;
        drop(body(turn, head(), Count(i64::MAX, false)).unwrap());
        _ = turns.acquire().await.unwrap();
    }

    #[tokio::test]
    async fn a_workbook_takes_as_many_rows_as_it_may() {
        assert_eq!(gather(head(), Count(3, false), 3).await.unwrap().rows.len(), 3);
        assert!(matches!(gather(head(), Count(4, false), 3).await, Err(Fault::TooLarge(_))));
    }
}
