//! How long a form may take to arrive: who sends it byte by byte must not hold a connection for ever.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::Request,
    http::{Method, header},
    middleware::Next,
    response::Response,
};
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

/// For a plain form, from its first byte to its last.
const FORM: Duration = Duration::from_secs(30);
/// For the next piece of a form with files, which may be gigabytes over a slow line.
const PIECE: Duration = Duration::from_mins(1);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// When waiting ends.
#[derive(Clone, Copy)]
enum Patience {
    /// At this instant.
    Until(Instant),
    /// When nothing comes for so long.
    EachPiece(Duration),
}

/// Gives bodies of requests their time, and no more.
pub(crate) async fn limit(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let files = kind.is_some_and(|kind| kind.starts_with("multipart/"));
    let patience = if files { Patience::EachPiece(PIECE) } else { Patience::Until(Instant::now() + FORM) };
    next.run(request.map(|body| limited(body.into_data_stream(), patience))).await
}

fn limited(pieces: BodyDataStream, patience: Patience) -> Body {
    let pieces = stream::unfold(Some(pieces), move |pieces| async move {
        let mut pieces = pieces?;
        let end = match patience {
            Patience::Until(end) => end,
            Patience::EachPiece(wait) => Instant::now() + wait,
        };
        let (piece, rest): (Result<Bytes, Failure>, _) = match timeout_at(end, pieces.next()).await {
            Ok(None) => return None,
            Ok(Some(Ok(piece))) => (Ok(piece), Some(pieces)),
            Ok(Some(Err(error))) => (Err(error.into()), None),
            Err(_) => (Err("the form came too slowly".into()), None),
        };
        Some((piece, rest))
    });
    Body::from_stream(pieces)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::BodyExt;

    use super::*;

    /// A body that sends a byte every so many seconds.
    fn dripping(seconds: u64, bytes: usize) -> BodyDataStream {
        let bytes = stream::iter(0..bytes).then(move |_| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok::<_, Infallible>(Bytes::from_static(b"x"))
        });
        Body::from_stream(bytes).into_data_stream()
    }

    async fn arrived(body: Body) -> Option<usize> {
        Some(body.collect().await.ok()?.to_bytes().len())
    }

    #[tokio::test(start_paused = true)]
    async fn a_form_has_a_time_in_all_and_a_file_one_for_each_piece() {
        let form = || Patience::Until(Instant::now() + FORM);
        assert_eq!(arrived(limited(dripping(1, 20), form())).await, Some(20));
        assert_eq!(arrived(limited(dripping(1, 40), form())).await, None);
        assert_eq!(arrived(limited(dripping(50, 40), Patience::EachPiece(PIECE))).await, Some(40));
        assert_eq!(arrived(limited(dripping(70, 2), Patience::EachPiece(PIECE))).await, None);
    }
}
