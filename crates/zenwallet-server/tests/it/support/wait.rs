//! Waiting for what another thread or process does.

use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(10);

/// Asks until the answer is some; gives up, loudly, after `patience`.
pub(crate) async fn eventually<T, F>(what: &str, patience: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {patience:?}");
        tokio::time::sleep(POLL).await;
    }
}
