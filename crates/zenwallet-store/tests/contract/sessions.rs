//! Sessions and their refresh tokens, checked against a small model.

use crate::audit::{count_audit, entry};
use crate::harness::{Dice, Harness};
use crate::people::user;
use futures_util::future::join_all;
use zenwallet_core::app::KeyHash;
use zenwallet_core::audit::Action;
use zenwallet_core::id::{SessionId, UserId};
use zenwallet_core::limits::{SESSION_IDLE_S, SESSION_MAX_S, SESSIONS_MAX};
use zenwallet_core::session::{EndReason, Session, expiry};
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{Role, User};
use zenwallet_store::{Renewal, Renewed, Store, UserChange, UserOutcome};

fn begin(h: &Harness, user_id: UserId) -> Session {
    Session::begin(h.ids.next(h.now()), user_id, "192.0.2.1".to_owned(), "curl".to_owned(), h.now())
}

/// A session with its first token, remembered.
async fn started(h: &Harness, user_id: UserId, token: &str) -> Session {
    let session = begin(h, user_id);
    h.store.start_session(&session, KeyHash::of(token), &[]).await.unwrap();
    session
}

async fn renew(h: &Harness, store: &Store, token: &str, successor: &str) -> Renewed {
    let renewal = Renewal {
        token: KeyHash::of(token),
        successor: KeyHash::of(successor),
        address: "2001:db8::7".to_owned(),
        user_agent: format!("Browser of {successor}"),
        now: h.now(),
    };
    let told = entry(h, Action::SessionReuse);
    store.renew_session(renewal, |_| told).await.unwrap()
}

/// How a test calls what became of a token.
fn name(renewed: &Renewed) -> &'static str {
    match renewed {
        Renewed::Yes(_) => "yes",
        Renewed::Unknown => "unknown",
        Renewed::Reused(_) => "reused",
    }
}

/// What a session table should hold: the sessions, and each token with its session and whether it was used.
#[derive(Default)]
struct Model {
    sessions: Vec<Session>,
    tokens: Vec<(String, usize, bool)>,
    reused: usize,
}

impl Model {
    /// What must become of a token, and what that changes.
    fn renew(&mut self, at: usize, successor: &str, now: Timestamp) -> &'static str {
        let (_, index, was_used) = self.tokens[at];
        let session = &mut self.sessions[index];
        if session.ended_at.is_some() || (!was_used && !session.is_live(now)) {
            return "unknown";
        }
        if was_used {
            session.ended_at = Some(now);
            self.reused += 1;
            return "reused";
        }
        session.last_used_at = now;
        session.expires_at = expiry(session.created_at, now);
        session.address = "2001:db8::7".to_owned();
        session.user_agent = format!("Browser of {successor}");
        self.tokens[at].2 = true;
        self.tokens.push((successor.to_owned(), index, false));
        "yes"
    }

    /// Whether a session goes on; then its tokens are used up for a new one.
    fn confirm(&mut self, index: usize, token: String, now: Timestamp) -> bool {
        let goes_on = self.sessions[index].is_live(now);
        if goes_on {
            self.sessions[index].confirmed_at = now;
            self.sessions[index].tokens_since = now;
            self.tokens.iter_mut().filter(|(_, of, _)| *of == index).for_each(|(_, _, used)| *used = true);
            self.tokens.push((token, index, false));
        }
        goes_on
    }

    async fn check(&self, h: &Harness, users: &[User]) {
        for session in &self.sessions {
            assert_eq!(h.store.find_session(session.id).await.unwrap().unwrap().0, *session);
        }
        for user in users {
            let is_live = |session: &&Session| session.user_id == user.id && session.is_live(h.now());
            let want: Vec<_> = self.sessions.iter().rev().filter(is_live).cloned().collect();
            assert_eq!(h.store.list_sessions(user.id, h.now()).await.unwrap(), want);
        }
        assert_eq!(count_audit(h).await, self.reused);
    }
}

/// One random thing that happens to sessions.
async fn step(h: &Harness, store: &Store, dice: &Dice, users: &[User], model: &mut Model) {
    let fresh = format!("token {}", model.tokens.len());
    match dice.below(12) {
        0 | 1 => {
            let session = started(h, dice.pick(users).id, &fresh).await;
            model.tokens.push((fresh, model.sessions.len(), false));
            model.sessions.push(session);
        }
        2 => {
            let (user_id, now, mut ended) = (dice.pick(users).id, h.now(), 0);
            for session in &mut model.sessions {
                if session.user_id == user_id && session.ended_at.is_none() {
                    session.ended_at = Some(now);
                    ended += 1;
                }
            }
            assert_eq!(store.end_sessions(user_id, EndReason::Revoked, now, &[]).await.unwrap(), ended);
        }
        3 if !model.sessions.is_empty() => {
            let (index, user_id) = (dice.below(model.sessions.len()), dice.pick(users).id);
            let session = &mut model.sessions[index];
            let ends = session.user_id == user_id && session.ended_at.is_none();
            let ended = store.end_session(user_id, session.id, EndReason::SignedOut, h.now(), &[]).await.unwrap();
            assert_eq!(ended, ends);
            if ends {
                session.ended_at = Some(h.now());
            }
        }
        4 if !model.sessions.is_empty() => {
            let index = dice.below(model.sessions.len());
            let id = model.sessions[index].id;
            let confirmed = store.renew_tokens(id, KeyHash::of(&fresh), h.now(), h.now(), &[]).await.unwrap();
            assert_eq!(confirmed, model.confirm(index, fresh, h.now()));
        }
        5 => h.clock.advance_ms(dice.below(5 * 24 * 3_600_000) as i64),
        6 if dice.once_in(2) => assert_eq!(name(&renew(h, store, "never given", &fresh).await), "unknown"),
        _ if !model.tokens.is_empty() => {
            // Mostly one of the newest, as a browser has it.
            let back = if dice.once_in(4) { dice.below(model.tokens.len()) } else { dice.below(3) };
            let at = model.tokens.len().saturating_sub(1 + back);
            let token = model.tokens[at].0.clone();
            let want = model.renew(at, &fresh, h.now());
            let renewed = renew(h, store, &token, &fresh).await;
            assert_eq!(name(&renewed), want, "{token}");
            if let Renewed::Yes(given) = renewed {
                let (session, user) = *given;
                assert_eq!(session, model.sessions[model.tokens[at].1]);
                assert_eq!(user.id, session.user_id);
            }
        }
        _ => {}
    }
}

pub(crate) async fn a_random_walk_of_sessions_equals_the_model(h: &Harness) {
    let node = h.another_node().await;
    let users = [user(h, "ada", Role::Admin).await, user(h, "bob", Role::Member).await];
    let (mut reused, mut renewed) = (0, 0);
    let (dice, mut model) = (Dice::new(41), Model::default());
    for _ in 0..600 {
        h.clock.advance_ms(1);
        step(h, if dice.once_in(2) { &h.store } else { &node }, &dice, &users, &mut model).await;
        model.check(h, &users).await;
        (reused, renewed) = (model.reused, model.tokens.iter().filter(|(_, _, used)| *used).count());
    }
    assert!(reused > 10 && renewed > 50, "the walk went nowhere: {reused} reused, {renewed} renewed");
    node.close().await;
}

pub(crate) async fn of_many_who_renew_with_one_token_one_is_given_another(h: &Harness) {
    let (node, ada) = (h.another_node().await, user(h, "ada", Role::Admin).await);
    for round in 0..4 {
        let token = format!("token {round}");
        let (session, other) = (started(h, ada.id, &token).await, started(h, ada.id, &format!("other {round}")).await);
        let racing = (0..50).map(|n| {
            let (store, token) = (if n % 2 == 0 { &h.store } else { &node }, &token);
            async move { renew(h, store, token, &format!("successor {round} {n}")).await }
        });
        let outcomes: Vec<_> = join_all(racing).await.iter().map(name).collect();
        let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
        assert_eq!((count("yes"), count("reused"), count("unknown")), (1, 1, 48));
        let reason = format!("SELECT end_reason FROM session WHERE id = '{}'", h.spelled(session.id));
        assert_eq!(h.sql(&reason).await[0]["end_reason"].as_deref(), Some("reuse"));
        assert_eq!(count_audit(h).await, round + 1);
        // The whole family is good for nothing; another session of the same user goes on.
        for n in 0..50 {
            let renewed = renew(h, &h.store, &format!("successor {round} {n}"), "never").await;
            assert_eq!(name(&renewed), "unknown");
        }
        assert_eq!(h.store.list_sessions(ada.id, h.now()).await.unwrap(), std::slice::from_ref(&other));
        assert!(h.store.end_session(ada.id, other.id, EndReason::SignedOut, h.now(), &[]).await.unwrap());
    }
    node.close().await;
}

pub(crate) async fn a_proof_and_a_renewal_are_never_in_each_others_way(h: &Harness) {
    let (node, ada) = (h.another_node().await, user(h, "ada", Role::Admin).await);
    for round in 0..30 {
        let token = format!("token {round}");
        let session = started(h, ada.id, &token).await;
        let proven = KeyHash::of(&format!("proven {round}"));
        let successor = format!("successor {round}");
        let (confirmed, renewed) = tokio::join!(
            async { h.store.renew_tokens(session.id, proven, h.now(), h.now(), &[]).await.unwrap() },
            renew(h, &node, &token, &successor)
        );
        // Whichever came first: the old token is used up, and whoever brings it once more ends the session.
        assert!(confirmed || name(&renewed) == "reused", "{}", name(&renewed));
        assert_ne!(name(&renewed), "unknown");
    }
    node.close().await;
}

pub(crate) async fn the_oldest_sessions_make_room(h: &Harness) {
    let (ada, bob) = (user(h, "ada", Role::Admin).await, user(h, "bob", Role::Member).await);
    let of_bob = started(h, bob.id, "of bob").await;
    let mut all = Vec::new();
    for n in 0..SESSIONS_MAX + 3 {
        h.clock.advance_ms(1);
        all.push(started(h, ada.id, &format!("token {n}")).await);
        if n == SESSIONS_MAX {
            // The oldest went; the next one has been used meanwhile.
            h.clock.advance_ms(1);
            assert_eq!(name(&renew(h, &h.store, "token 0", "never").await), "unknown");
            assert_eq!(name(&renew(h, &h.store, "token 1", "used").await), "yes");
        }
    }
    let left: Vec<_> = h.store.list_sessions(ada.id, h.now()).await.unwrap().iter().map(|s| s.id).collect();
    let mut want: Vec<_> = all[4..].iter().map(|session| session.id).collect();
    want.insert(0, all[1].id);
    want.reverse();
    assert_eq!(left, want);
    assert_eq!(h.store.list_sessions(bob.id, h.now()).await.unwrap(), [of_bob]);
}

pub(crate) async fn a_session_ends_by_rest_and_by_age(h: &Harness) {
    let ada = user(h, "ada", Role::Admin).await;
    let session = started(h, ada.id, "token 0").await;
    let day = 24 * 3_600;
    for n in 0..4 {
        h.set_clock(h.now().plus_s(SESSION_IDLE_S).plus_ms(-1));
        assert_eq!(name(&renew(h, &h.store, &format!("token {n}"), &format!("token {}", n + 1)).await), "yes");
    }
    let found = h.store.find_session(session.id).await.unwrap().unwrap().0;
    assert_eq!(found.expires_at, session.created_at.plus_s(SESSION_MAX_S));
    h.set_clock(found.expires_at.plus_ms(-1));
    assert_eq!(name(&renew(h, &h.store, "token 4", "token 5").await), "yes");
    h.set_clock(found.expires_at);
    for _ in 0..2 {
        assert_eq!(name(&renew(h, &h.store, "token 5", "token 6").await), "unknown");
    }
    let rested = started(h, ada.id, "rested").await;
    assert_eq!(rested.expires_at, h.now().plus_s(7 * day));
    h.set_clock(rested.expires_at);
    // Whoever comes late comes late twice: nobody has stolen his token.
    for _ in 0..2 {
        assert_eq!(name(&renew(h, &h.store, "rested", "never").await), "unknown");
    }
    assert_eq!((h.store.list_sessions(ada.id, h.now()).await.unwrap(), count_audit(h).await), (vec![], 0));
}

pub(crate) async fn a_closed_account_renews_nothing(h: &Harness) {
    user(h, "ada", Role::Admin).await;
    let bob = user(h, "bob", Role::Member).await;
    started(h, bob.id, "token").await;
    let closed = User { is_active: false, ..bob.clone() };
    assert_eq!(h.store.update_user(&closed, h.now(), UserChange::default()).await.unwrap(), UserOutcome::Done);
    let before = h.everything().await;
    for _ in 0..2 {
        assert_eq!(name(&renew(h, &h.store, "token", "successor").await), "unknown");
    }
    h.expect_unchanged(&before, "a refusal").await;
    let open = User { version: 2, ..bob };
    assert_eq!(h.store.update_user(&open, h.now(), UserChange::default()).await.unwrap(), UserOutcome::Done);
    assert_eq!(name(&renew(h, &h.store, "token", "successor").await), "yes");
}

pub(crate) async fn all_sessions_end_but_for_the_one_that_is_spared(h: &Harness) {
    let (ada, bob) = (user(h, "ada", Role::Admin).await, user(h, "bob", Role::Member).await);
    let mut own = Vec::new();
    for n in 0..4 {
        own.push(started(h, ada.id, &format!("own {n}")).await);
    }
    let (spared, of_bob) = (own[2].clone(), started(h, bob.id, "of bob").await);
    let others: SessionId = of_bob.id;
    // That of another user spares none.
    for (version, spare, left) in [(1, Some(spared.id), vec![spared.clone()]), (2, Some(others), vec![])] {
        let end_sessions = Some((EndReason::CredentialsChanged, spare));
        let change = UserChange { end_sessions, ..UserChange::default() };
        let done = h.store.update_user(&User { version, ..ada.clone() }, h.now(), change).await.unwrap();
        assert_eq!(done, UserOutcome::Done);
        assert_eq!(h.store.list_sessions(ada.id, h.now()).await.unwrap(), left);
    }
    for n in 0..4 {
        assert_eq!(name(&renew(h, &h.store, &format!("own {n}"), "never").await), "unknown");
    }
    assert_eq!(h.store.list_sessions(bob.id, h.now()).await.unwrap(), [of_bob]);
}

pub(crate) async fn only_sessions_that_are_over_are_forgotten(h: &Harness) {
    let ada = user(h, "ada", Role::Admin).await;
    let mut all = Vec::new();
    for n in 0..6 {
        all.push(started(h, ada.id, &format!("token {n}")).await);
        renew(h, &h.store, &format!("token {n}"), &format!("successor {n}")).await;
        h.clock.advance_ms(1_000);
    }
    let found = async |session: &Session| h.store.find_session(session.id).await.unwrap().is_some();
    // One that was ended is kept as long as any other, for whoever looks back.
    assert!(h.store.end_session(ada.id, all[5].id, EndReason::SignedOut, h.now(), &[]).await.unwrap());
    assert_eq!(h.store.prune_sessions(all[0].expires_at, 100).await.unwrap(), 0);
    assert_eq!(h.store.prune_sessions(all[3].expires_at, 2).await.unwrap(), 2);
    assert_eq!(h.store.prune_sessions(all[3].expires_at, 2).await.unwrap(), 1);
    assert_eq!(h.store.prune_sessions(all[3].expires_at, 2).await.unwrap(), 0);
    for (n, session) in all.iter().enumerate() {
        assert_eq!(found(session).await, n >= 3, "{n}");
    }
    assert_eq!(h.sql("SELECT hash FROM refresh_token").await.len(), 6);
    assert_eq!(name(&renew(h, &h.store, "token 0", "never").await), "unknown");
    assert_eq!(name(&renew(h, &h.store, "successor 3", "next").await), "yes");
}
