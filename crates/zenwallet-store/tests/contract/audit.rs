//! The audit log: nobody changes it, and it tells what was done and nothing else.

use crate::harness::{Dice, Harness};
use crate::people::{invitation, new_link, new_user, user};
use zenwallet_core::app::{ApiKey, App, KeyHash};
use zenwallet_core::audit::{Action, Actor, AuditEntry};
use zenwallet_core::id::{AppId, AuditId, KeyId, RequestId, UserId};
use zenwallet_core::session::{EndReason, Session};
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{Link, Purpose, Role, User};
use zenwallet_store::{
    Admission, AuditFilter, Deleted, Outgoing, Renewal, Renewed, StoreError, UserChange, UserOutcome,
};

/// An entry of now.
pub(crate) fn entry(h: &Harness, action: Action) -> AuditEntry {
    AuditEntry {
        id: h.ids.next(h.now()),
        at: h.now(),
        actor: Actor::Console,
        action,
        app_id: None,
        target: None,
        address: None,
        request_id: None,
        before: None,
        after: None,
    }
}

/// How many entries there are.
pub(crate) async fn count_audit(h: &Harness) -> usize {
    h.store.list_audit(&AuditFilter::default(), None, 100_000).await.unwrap().len()
}

pub(crate) async fn the_audit_log_is_neither_changed_nor_removed(h: &Harness) {
    let told = [entry(h, Action::AppCreated), entry(h, Action::AppDeleted)];
    h.store.append_audit(&told).await.unwrap();
    let mut statements = vec![
        "UPDATE audit SET actor_name = 'nobody'",
        "UPDATE audit SET at_ms = at_ms WHERE action = 'app.deleted'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE action = 'app.deleted'",
    ];
    statements.extend(h.either(None, Some("TRUNCATE audit")));
    for sql in statements {
        assert_eq!(h.refused_sql(sql).await, "the audit log is append-only", "{sql}");
    }
    for entry in h.store.list_audit(&AuditFilter::default(), None, 9).await.unwrap() {
        assert!(told.contains(&entry), "{entry:?}");
    }
    assert_eq!(count_audit(h).await, 2);
}

fn random_entry(h: &Harness, dice: &Dice, apps: &[AppId], users: &[UserId]) -> AuditEntry {
    let some = |text: &str| dice.once_in(2).then(|| text.to_owned());
    let request_id: RequestId = h.ids.next(h.now());
    AuditEntry {
        actor: match dice.below(6) {
            0 => Actor::Console,
            1 => Actor::System,
            2 => Actor::Anonymous,
            3 => Actor::App(*dice.pick(apps), "sk_test_…abcd".to_owned()),
            _ => Actor::User(*dice.pick(users), "Ada Löwe".to_owned()),
        },
        app_id: (!dice.once_in(3)).then(|| *dice.pick(apps)),
        target: some("key_1"),
        address: some("2001:db8::1"),
        request_id: dice.once_in(2).then_some(request_id),
        before: some("{\"name\":\"ü\"}"),
        after: some("{}"),
        ..entry(h, *dice.pick(&Action::ALL[..4]))
    }
}

pub(crate) async fn every_list_of_entries_equals_a_filtered_vec(h: &Harness) {
    let (dice, mut all) = (Dice::new(31), Vec::new());
    let apps: [AppId; 2] = [h.ids.next(h.now()), h.ids.next(h.now())];
    let users: [UserId; 2] = [h.ids.next(h.now()), h.ids.next(h.now())];
    for _ in 0..100 {
        h.clock.advance_ms(dice.below(3) as i64);
        h.clock.advance_ms(dice.below(3) as i64);
        let entries: Vec<_> = (0..dice.below(4)).map(|_| random_entry(h, &dice, &apps, &users)).collect();
        h.store.append_audit(&entries).await.unwrap();
        all.extend(entries);
    }
    all.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    for _ in 0..200 {
        let at = |dice: &Dice| dice.once_in(3).then(|| dice.pick(&all).at);
        let filter = AuditFilter {
            app_id: dice.once_in(2).then(|| *dice.pick(&apps)),
            user_id: dice.once_in(2).then(|| *dice.pick(&users)),
            action: dice.once_in(2).then(|| *dice.pick(&Action::ALL[..5])),
            target: dice.once_in(4).then(|| dice.pick(&all).target.clone()).flatten(),
            after: at(&dice),
            before: at(&dice),
        };
        let below: Option<AuditId> = dice.once_in(2).then(|| dice.pick(&all).id);
        let by = |entry: &AuditEntry, id| matches!(entry.actor, Actor::User(actor, _) if actor == id);
        let wanted = |entry: &&AuditEntry| {
            filter.app_id.is_none_or(|id| entry.app_id == Some(id))
                && filter.user_id.is_none_or(|id| by(entry, id))
                && filter.action.is_none_or(|action| entry.action == action)
                && (filter.target.is_none() || filter.target == entry.target)
                && filter.after.is_none_or(|at| entry.at >= at)
                && filter.before.is_none_or(|at| entry.at < at)
                && below.is_none_or(|id| entry.id < id)
        };
        let limit = 1 + dice.below(30);
        let want: Vec<_> = all.iter().filter(wanted).take(limit).cloned().collect();
        assert_eq!(h.store.list_audit(&filter, below, limit as u32).await.unwrap(), want, "{filter:?} {below:?}");
    }
}

/// What the changes below are made to.
struct Scene {
    ada: User,
    bob: User,
    invitation: Link,
    session: Session,
    app: App,
    first: ApiKey,
    second: ApiKey,
}

const CODE: &str = "a recovery code";
const USED: &str = "a used refresh token";

async fn scene(h: &Harness) -> Scene {
    let (ada, bob) = (user(h, "ada", Role::Admin).await, user(h, "bob", Role::Member).await);
    let codes = UserChange { recovery_codes: Some(vec![KeyHash::of(CODE)]), ..UserChange::default() };
    h.store.update_user(&bob, h.now(), codes).await.unwrap();
    let session = Session::begin(h.ids.next(h.now()), bob.id, "::1".to_owned(), "curl".to_owned(), h.now());
    h.store.start_session(&session, KeyHash::of(USED), &[]).await.unwrap();
    let told = entry(h, Action::SessionReuse);
    let renewed = h.store.renew_session(renewal(USED, "a fresh one", h.now()), |_| told).await.unwrap();
    assert!(matches!(renewed, Renewed::Yes(_)));
    let (app, first) = h.new_app();
    let app = App { owner_user_id: Some(bob.id), ..app };
    assert!(h.store.create_app(&app, &first, None, &[]).await.unwrap());
    let second = h.new_key(app.id);
    assert!(h.store.add_key(&second, Outgoing::None, h.now(), &[]).await.unwrap());
    let bob = User { version: 2, ..bob };
    Scene { ada, bob, invitation: invitation(h, "guest").await, session, app, first, second }
}

fn renewal(token: &str, successor: &str, now: Timestamp) -> Renewal {
    let (token, successor) = (KeyHash::of(token), KeyHash::of(successor));
    Renewal { token, successor, address: "::2".to_owned(), user_agent: "wget".to_owned(), now }
}

/// One of every kind of change that is written down.
const CHANGES: [&str; 16] = [
    "create_user",
    "update_user",
    "spend_recovery_code",
    "create_link",
    "revoke_invitation",
    "start_session",
    "renew_session",
    "end_session",
    "end_sessions",
    "renew_tokens",
    "create_app",
    "update_app",
    "delete_app",
    "add_key",
    "update_key",
    "revoke_key",
];

/// Makes a change with the entry that tells of it; whether it was made.
async fn change(h: &Harness, s: &Scene, name: &str, told: AuditEntry) -> Result<bool, StoreError> {
    let (store, now, bob, told) = (&h.store, h.now(), s.bob.id, [told]);
    match name {
        "create_user" => {
            let (user, link) = (new_user(h, "new", Role::Member), s.invitation.id);
            is_done(store.create_user(&user, Admission::Invitation(link), &told).await)
        }
        "update_user" => {
            let (recovery_codes, end_sessions) = (Some(vec![KeyHash::of("x")]), Some((EndReason::Revoked, None)));
            let change = UserChange { recovery_codes, end_sessions, link: None, audit: told.to_vec() };
            is_done(store.update_user(&s.bob, now, change).await)
        }
        "spend_recovery_code" => store.spend_recovery_code(bob, KeyHash::of(CODE), &told).await,
        "create_link" => {
            let link = new_link(h, Purpose::Invitation(Role::Admin), "guest");
            store.create_link(&link, &told).await.map(|()| true)
        }
        "revoke_invitation" => store.revoke_invitation(s.invitation.id, now, &told).await,
        "start_session" => {
            let session = Session { id: h.ids.next(now), ..s.session.clone() };
            store.start_session(&session, KeyHash::of("another"), &told).await.map(|()| true)
        }
        "renew_session" => {
            let [told] = told;
            let renewed = store.renew_session(renewal(USED, "new", now), |_| told).await;
            renewed.map(|renewed| matches!(renewed, Renewed::Reused(_)))
        }
        "end_session" => store.end_session(bob, s.session.id, EndReason::SignedOut, now, &told).await,
        "end_sessions" => store.end_sessions(bob, EndReason::Revoked, now, &told).await.map(|ended| ended > 0),
        "renew_tokens" => store.renew_tokens(s.session.id, KeyHash::of("proven"), now, now, &told).await,
        _ => change_app(h, s, name, &told).await,
    }
}

async fn change_app(h: &Harness, s: &Scene, name: &str, told: &[AuditEntry]) -> Result<bool, StoreError> {
    let (store, now) = (&h.store, h.now());
    match name {
        "create_app" => {
            let (app, key) = h.new_app();
            store.create_app(&app, &key, Some(&h.endpoint(app.id, "https://shop.example")), told).await
        }
        "update_app" => {
            crate::apps::update_app(store, &App { name: "Another".to_owned(), ..s.app.clone() }, told).await
        }
        "delete_app" => store.delete_app(s.app.id, now, told).await.map(|deleted| deleted == Deleted::Yes),
        "add_key" => store.add_key(&h.new_key(s.app.id), Outgoing::One(s.first.id), now.plus_s(9), told).await,
        "update_key" => {
            crate::apps::update_key(store, &ApiKey { name: Some("till".to_owned()), ..s.first.clone() }, told).await
        }
        "revoke_key" => store.revoke_key(s.app.id, s.second.id, now, told).await,
        _ => panic!("no change is called {name}"),
    }
}

fn is_done(outcome: Result<UserOutcome, StoreError>) -> Result<bool, StoreError> {
    outcome.map(|outcome| outcome == UserOutcome::Done)
}

pub(crate) async fn a_change_whose_last_statement_fails_leaves_nothing(h: &Harness) {
    let scene = scene(h).await;
    let taken = entry(h, Action::AuditExported);
    h.store.append_audit(std::slice::from_ref(&taken)).await.unwrap();
    let before = h.everything().await;
    for name in CHANGES {
        let failed = change(h, &scene, name, taken.clone()).await;
        assert!(matches!(failed, Err(StoreError::Internal(_))), "{name}: {failed:?}");
        h.expect_unchanged(&before, name).await;
    }
    // Of several entries that fail with their last one, none is kept either.
    let some = [entry(h, Action::AppCreated), taken];
    assert!(matches!(h.store.append_audit(&some).await, Err(StoreError::Internal(_))));
    h.expect_unchanged(&before, "a refusal").await;
    // The next transaction works as if nothing had happened; each change here leaves the next one possible.
    for name in ["create_user", "spend_recovery_code", "update_key", "revoke_key", "renew_tokens", "renew_session"] {
        let before = count_audit(h).await;
        assert!(change(h, &scene, name, entry(h, Action::UserChanged)).await.unwrap(), "{name}");
        assert_eq!(count_audit(h).await, before + 1, "{name}");
    }
}

/// Changes that change nothing: to what is not there, is over, or belongs to somebody else.
const VAIN: [&str; 13] = [
    "a user who was not admitted",
    "a user who changed meanwhile",
    "a recovery code of another",
    "an invitation that is over",
    "an unknown refresh token",
    "a session of another",
    "sessions of one who has none",
    "an unknown session",
    "an unknown app",
    "an unknown app to delete",
    "a key of an unknown app",
    "a key of another app",
    "an unknown key",
];

async fn change_in_vain(h: &Harness, s: &Scene, name: &str, told: AuditEntry) -> Result<bool, StoreError> {
    let (store, now, ada, told) = (&h.store, h.now(), s.ada.id, [told]);
    let (unknown_app, unknown_key): (AppId, KeyId) = (h.ids.next(now), h.ids.next(now));
    match name {
        "a user who was not admitted" => {
            let (user, unknown) = (new_user(h, "new", Role::Member), h.ids.next(now));
            is_done(store.create_user(&user, Admission::Invitation(unknown), &told).await)
        }
        "a user who changed meanwhile" => {
            let change = UserChange { audit: told.to_vec(), ..UserChange::default() };
            is_done(store.update_user(&User { version: 1, ..s.bob.clone() }, now, change).await)
        }
        "a recovery code of another" => store.spend_recovery_code(ada, KeyHash::of(CODE), &told).await,
        "an invitation that is over" => store.revoke_invitation(s.invitation.id, s.invitation.expires_at, &told).await,
        "an unknown refresh token" => {
            let [told] = told;
            let renewed = store.renew_session(renewal("unknown", "new", now), |_| told).await;
            renewed.map(|renewed| !matches!(renewed, Renewed::Unknown))
        }
        "a session of another" => store.end_session(ada, s.session.id, EndReason::SignedOut, now, &told).await,
        "sessions of one who has none" => {
            store.end_sessions(ada, EndReason::Revoked, now, &told).await.map(|ended| ended > 0)
        }
        "an unknown session" => store.renew_tokens(h.ids.next(now), KeyHash::of("x"), now, now, &told).await,
        "an unknown app" => crate::apps::update_app(store, &App { id: unknown_app, ..s.app.clone() }, &told).await,
        "an unknown app to delete" => {
            store.delete_app(unknown_app, now, &told).await.map(|deleted| deleted == Deleted::Yes)
        }
        "a key of an unknown app" => store.add_key(&h.new_key(unknown_app), Outgoing::All, now, &told).await,
        "a key of another app" => {
            crate::apps::update_key(store, &ApiKey { app_id: unknown_app, ..s.first.clone() }, &told).await
        }
        "an unknown key" => store.revoke_key(s.app.id, unknown_key, now, &told).await,
        _ => panic!("nothing vain is called {name}"),
    }
}

pub(crate) async fn what_changes_nothing_is_not_written_down(h: &Harness) {
    let scene = scene(h).await;
    let before = h.everything().await;
    for name in VAIN {
        assert!(!change_in_vain(h, &scene, name, entry(h, Action::UserChanged)).await.unwrap(), "{name}");
        h.expect_unchanged(&before, name).await;
    }
    // A session that is over is not confirmed, and a key is revoked once.
    let (bob, session, now) = (scene.bob.id, scene.session.id, h.now());
    let told = || [entry(h, Action::SessionEnded)];
    assert!(h.store.end_session(bob, session, EndReason::SignedOut, now, &told()).await.unwrap());
    assert!(h.store.revoke_key(scene.app.id, scene.second.id, now, &told()).await.unwrap());
    let before = h.everything().await;
    assert_eq!(count_audit(h).await, 2);
    assert!(!h.store.end_session(bob, session, EndReason::SignedOut, now, &told()).await.unwrap());
    assert_eq!(h.store.end_sessions(bob, EndReason::Revoked, now, &told()).await.unwrap(), 0);
    assert!(!h.store.renew_tokens(session, KeyHash::of("x"), now, now, &told()).await.unwrap());
    assert!(h.store.revoke_key(scene.app.id, scene.second.id, now, &told()).await.unwrap());
    assert!(!crate::apps::update_key(&h.store, &scene.second, &told()).await.unwrap());
    h.expect_unchanged(&before, "a refusal").await;
}
