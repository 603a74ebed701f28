//! Numbers for Prometheus, on an address of their own: who watches the server need not reach its pages.

use std::{fmt::Write, net::SocketAddr, time::Duration};

use anyhow::Context;
use axum::{Router, extract::State, http::StatusCode, routing::get};
use ecom_store::Db;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

/// Upper ends of the classes of durations, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.015, 0.03, 0.1, 0.3, 1.0, 10.0, 60.0, 600.0];

/// How often durations are put into their classes, if nobody asks for them meanwhile.
const UPKEEP: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Numbers {
    handle: PrometheusHandle,
    db: Db,
}

/// Collects numbers and answers `GET /metrics` on an address, beside the server.
pub(crate) async fn serve(address: SocketAddr, db: Db) -> anyhow::Result<()> {
    let builder = PrometheusBuilder::new();
    let builder = builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    let handle = builder.install_recorder().context("numbers for Prometheus")?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} for Prometheus; choose another --metrics"))?;
    // Until somebody looks, durations would pile up one by one.
    let kept = handle.clone();
    ecom_work::spawn("upkeep of numbers", async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            kept.run_upkeep();
        }
    });
    let app = Router::new().route("/metrics", get(show)).with_state(Numbers { handle, db });
    ecom_work::spawn("metrics", async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(%error, "no more numbers for Prometheus");
        }
    });
    Ok(())
}

async fn show(State(numbers): State<Numbers>) -> Result<String, StatusCode> {
    let counts = async { numbers.db.read().await?.platform().job_counts().await };
    let counts = counts.await.map_err(|error| {
        tracing::warn!(%error, "jobs could not be counted");
        StatusCode::SERVICE_UNAVAILABLE
    })?;
    let mut text = numbers.handle.render();
    text.push_str("# TYPE ecom_jobs gauge\n");
    for (kind, state, count) in counts {
        // Both are the program's own words.
        let _ = writeln!(text, "ecom_jobs{{kind=\"{kind}\",state=\"{state}\"}} {count}");
    }
    Ok(text)
}
