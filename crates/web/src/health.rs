//! Whether the server can do its work, for whoever watches it.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::app::App;

/// `{"status":"ok"}`, or 503 if the database does not answer.
pub(crate) async fn show(State(app): State<App>) -> Response {
    let answers = async { app.db.read().await?.platform().people().await };
    match answers.await {
        Ok(_) => Json(serde_json::json!({ "status": "ok" })).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, Json(serde_json::json!({ "status": "no database" })))
                .into_response()
        }
    }
}
