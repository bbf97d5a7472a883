//! Race: groups of clients settle the same payment in different ways at the same moment; one way wins.

use super::orders::{self, SHORTEST_LIFE_S};
use super::world::{World, lock, payment_id};
use crate::clock::{now_ms, parse_ms};
use crate::http::careful::Client;
use crate::journal::Call;
use anyhow::Context;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Clients that race for one payment.
const RIVALS: usize = 8;
/// A race for an expiring payment starts at most this long before its time, so that now one side wins and now the other.
const BEFORE_EXPIRY_MS: i64 = 40;
/// Expiring payments are made this far apart: each is to have its race before the next one's time.
const BETWEEN_EXPIRIES: Duration = Duration::from_millis(60);

/// What a group races for.
struct Track {
    world: Arc<World>,
    group: usize,
    start: Barrier,
    target: Mutex<String>,
}

/// Starts the groups; they end after the last payment.
pub(super) fn start(
    world: &Arc<World>,
    clients: usize,
    payments: usize,
    expiring: usize,
    seed: u64,
) -> JoinSet<anyhow::Result<()>> {
    let groups = (clients / RIVALS).max(1);
    let mut tasks = JoinSet::new();
    for group in 0..groups {
        let target = Mutex::default();
        let track = Arc::new(Track { world: Arc::clone(world), group, start: Barrier::new(RIVALS), target });
        let share = |all: usize| all / groups + usize::from(group < all % groups);
        for rival in 0..RIVALS {
            tasks.spawn(run(Arc::clone(&track), rival, share(payments), share(expiring), seed));
        }
    }
    tasks
}

async fn run(track: Arc<Track>, rival: usize, payments: usize, expiring: usize, seed: u64) -> anyhow::Result<()> {
    let mut client = track.world.client(rival);
    let mut rng = StdRng::seed_from_u64(seed.wrapping_add(track.group as u64));
    let mut dying = Vec::new();
    // The first of the group makes the payments, the others wait for it at the start.
    if rival == 0 {
        for n in 0..expiring {
            tokio::time::sleep(BETWEEN_EXPIRIES).await;
            dying.push(make(&track, &mut client, &mut rng, n, Some(SHORTEST_LIFE_S)).await?);
        }
    }
    for n in 0..payments + expiring {
        if rival == 0 {
            let (target, due_ms) = match n.checked_sub(payments) {
                None => make(&track, &mut client, &mut rng, expiring + n, None).await?,
                Some(i) => dying[i].clone(),
            };
            if n >= payments {
                let early_ms = i64::try_from(n).unwrap_or(0) * 7 % BEFORE_EXPIRY_MS;
                let left_ms = due_ms - early_ms - now_ms();
                tokio::time::sleep(Duration::from_millis(u64::try_from(left_ms).unwrap_or(0))).await;
            }
            *lock(&track.target) = target;
        }
        track.start.wait().await;
        let target = lock(&track.target).clone();
        track.world.submit(&mut client, attempt(track.group % 2, &target, rival + n)).await;
        track.start.wait().await;
    }
    Ok(())
}

/// Makes a payment; answers its id and when it expires.
async fn make(
    track: &Track,
    client: &mut Client,
    rng: &mut StdRng,
    n: usize,
    life_s: Option<u32>,
) -> anyhow::Result<(String, i64)> {
    let name = format!("race-{}-{n}", track.group);
    let call = orders::create_living(rng, track.group % 2, &name, Some(name.clone()), life_s);
    let ack = track.world.submit(client, call).await.context("a create was never answered")?;
    let body: serde_json::Value = serde_json::from_str(&ack.body)?;
    let due_ms = body["expires_at"].as_str().and_then(parse_ms).context("no expires_at")?;
    Ok((payment_id(&ack.body).context("no payment_id")?, due_ms))
}

/// Each rival's way to end the payment; the ways move on from race to race, so that no way is always first.
fn attempt(app: usize, target: &str, turn: usize) -> Call {
    match turn % RIVALS {
        0..3 => orders::complete(app, target, true, None),
        3..6 => orders::complete(app, target, false, None),
        6 => orders::cancel(app, target, None),
        _ => orders::read(app, target),
    }
}
