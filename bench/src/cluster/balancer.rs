//! What a balancer that sends each request to the next node does to Socket.IO's transports.

use super::nodes::Nodes;
use crate::live::{Polling, Socket, auth};
use crate::report::{Tally, say};

const CLIENTS: usize = 20;

/// Runs the measurement.
pub(super) async fn measure(nodes: &Nodes, tally: &mut Tally) -> anyhow::Result<()> {
    let app = nodes.create_app("balanced")?;
    let (auth, addresses) = (auth(&app.api_key, None), nodes.addresses());
    let (mut sockets, mut sticky, mut spread, mut refusal) = (0, 0, 0, String::new());
    for n in 0..CLIENTS {
        let home = addresses[n % addresses.len()];
        sockets += usize::from(Socket::connect(home, &auth).await.is_ok());
        for (nodes, count) in [(addresses, &mut spread), (&[home][..], &mut sticky)] {
            match Polling::new(nodes).enter(&auth).await {
                Ok(()) => *count += 1,
                Err(error) => refusal = format!("{error:#}"),
            }
        }
    }
    tally.check(sockets == CLIENTS, format!("WebSocket behind round robin: {sockets} of {CLIENTS} let in"));
    tally.check(sticky == CLIENTS, format!("long polling on one node: {sticky} of {CLIENTS} let in"));
    let words = "long polling with each request to the next node";
    say(format!("        {words}: {spread} of {CLIENTS} let in; the last answer: {refusal}"));
    Ok(())
}
