//! Users, the links that bring them in, and what they prove themselves with.

use crate::audit::{count_audit, entry};
use crate::harness::{Dice, Harness};
use futures_util::future::join_all;
use zenwallet_core::app::KeyHash;
use zenwallet_core::audit::Action;
use zenwallet_core::id::{LinkId, UserId};
use zenwallet_core::session::{EndReason, Session};
use zenwallet_core::user::{Alerts, Email, Link, Purpose, Role, Totp, User};
use zenwallet_store::{Admission, Store, UserChange, UserOutcome};

/// An address at the example domain.
pub(crate) fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.com")).unwrap()
}

/// An active user, not yet remembered.
pub(crate) fn new_user(h: &Harness, name: &str, role: Role) -> User {
    User {
        id: h.ids.next(h.now()),
        email: email(name),
        name: name.to_owned(),
        role,
        password_hash: format!("$argon2id$of-{name}"),
        password_set_at: h.now(),
        totp: None,
        alerts: Alerts::ALL,
        is_active: true,
        created_at: h.now(),
        version: 1,
    }
}

/// A user, remembered.
pub(crate) async fn user(h: &Harness, name: &str, role: Role) -> User {
    let user = new_user(h, name, role);
    assert_eq!(h.store.create_user(&user, Admission::Console, &[]).await.unwrap(), UserOutcome::Done);
    user
}

/// A link that is good for an hour, not yet remembered.
pub(crate) fn new_link(h: &Harness, purpose: Purpose, name: &str) -> Link {
    let id: LinkId = h.ids.next(h.now());
    Link {
        id,
        hash: KeyHash::of(&id.to_string()),
        purpose,
        email: email(name),
        created_at: h.now(),
        expires_at: h.now().plus_s(3_600),
        used_at: None,
    }
}

/// An invitation that is good for an hour, remembered.
pub(crate) async fn invitation(h: &Harness, name: &str) -> Link {
    let link = new_link(h, Purpose::Invitation(Role::Member), name);
    h.store.create_link(&link, &[]).await.unwrap();
    link
}

async fn found(h: &Harness, id: UserId) -> User {
    h.store.find_user(id).await.unwrap().unwrap()
}

/// Changes a user and nothing else.
async fn change(h: &Harness, store: &Store, user: &User) -> UserOutcome {
    store.update_user(user, h.now(), UserChange::default()).await.unwrap()
}

/// How many of them are `wanted`.
fn count<T: PartialEq>(outcomes: &[T], wanted: &T) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}

pub(crate) async fn a_user_comes_back_as_he_was_made(h: &Harness) {
    let mut all = Vec::new();
    for (name, role) in [("ada", Role::Admin), ("bob", Role::Member), ("ü", Role::Member)] {
        h.clock.advance_ms(1_000);
        let mut user = user(h, name, role).await;
        assert_eq!(found(h, user.id).await, user);
        user.name = format!("{name} the second");
        user.password_hash = "$argon2id$another".to_owned();
        user.password_set_at = h.now().plus_ms(1);
        user.totp = Some(Totp { sealed: vec![7; 60], confirmed_at: (role == Role::Admin).then_some(h.now()) });
        user.alerts = Alerts::from_bits(5).unwrap();
        user.is_active = role == Role::Admin;
        assert_eq!(change(h, &h.store, &user).await, UserOutcome::Done);
        user.version += 1;
        assert_eq!(found(h, user.id).await, user);
        assert_eq!(h.store.find_user_by_email(&user.email).await.unwrap().as_ref(), Some(&user));
        all.push(user);
    }
    assert_eq!(h.store.list_users().await.unwrap(), all);
    assert_eq!(h.store.find_user(h.ids.next(h.now())).await.unwrap(), None);
    assert_eq!(h.store.find_user_by_email(&email("nobody")).await.unwrap(), None);
}

pub(crate) async fn the_setup_admits_one_and_closes_for_ever(h: &Harness) {
    let node = h.another_node().await;
    assert!(h.store.is_setup_open().await.unwrap());
    let racing = (0..40).map(|n| {
        let (user, told) = (new_user(h, &format!("first{n}"), Role::Admin), entry(h, Action::UserCreated));
        let store = if n % 2 == 0 { &h.store } else { &node };
        async move { store.create_user(&user, Admission::Setup, &[told]).await.unwrap() }
    });
    let outcomes = join_all(racing).await;
    assert_eq!((count(&outcomes, &UserOutcome::Done), count(&outcomes, &UserOutcome::NotAdmitted)), (1, 39));
    assert_eq!((h.store.list_users().await.unwrap().len(), count_audit(h).await), (1, 1));
    assert!(!h.store.is_setup_open().await.unwrap() && !node.is_setup_open().await.unwrap());
    node.close().await;
    // Whoever comes first by another right closes it, too.
    let other = h.empty().await;
    other.store.migrate().await.unwrap();
    user(&other, "ada", Role::Admin).await;
    let late = new_user(&other, "late", Role::Admin);
    let before = other.everything().await;
    assert!(!other.store.is_setup_open().await.unwrap());
    assert_eq!(other.store.create_user(&late, Admission::Setup, &[]).await.unwrap(), UserOutcome::NotAdmitted);
    other.expect_unchanged(&before, "a late setup").await;
    other.end().await;
}

pub(crate) async fn whoever_is_not_admitted_leaves_no_trace(h: &Harness) {
    let refused = async |user: &User, admission, want| {
        let before = h.everything().await;
        let told = [entry(h, Action::UserCreated)];
        assert_eq!(h.store.create_user(user, admission, &told).await.unwrap(), want);
        h.expect_unchanged(&before, "a refusal").await;
    };
    // Nobody is there yet, and the first one is still awaited.
    let stranger = new_user(h, "stranger", Role::Member);
    refused(&stranger, Admission::Invitation(h.ids.next(h.now())), UserOutcome::NotAdmitted).await;
    assert!(h.store.is_setup_open().await.unwrap());
    let ada = new_user(h, "ada", Role::Admin);
    assert_eq!(h.store.create_user(&ada, Admission::Setup, &[]).await.unwrap(), UserOutcome::Done);
    // An invitation that brought nobody in is still good.
    let (link, again) = (invitation(h, "ada").await, new_user(h, "ada", Role::Member));
    refused(&again, Admission::Invitation(link.id), UserOutcome::EmailTaken).await;
    refused(&again, Admission::Console, UserOutcome::EmailTaken).await;
    refused(&again, Admission::Setup, UserOutcome::NotAdmitted).await;
    assert_eq!(h.store.list_invitations(h.now()).await.unwrap(), [link]);
}

pub(crate) async fn an_address_is_taken_once_whatever_the_admission(h: &Harness) {
    let node = h.another_node().await;
    user(h, "admin", Role::Admin).await;
    for round in 0..5 {
        let name = format!("ada{round}");
        let mut admissions = vec![Admission::Console; 4];
        for n in 0..4 {
            admissions.push(Admission::Invitation(invitation(h, &format!("guest{round}-{n}")).await.id));
        }
        Dice::new(round).shuffle(&mut admissions);
        let racing = admissions.iter().enumerate().map(|(n, admission)| {
            let (user, store) = (new_user(h, &name, Role::Member), if n % 2 == 0 { &h.store } else { &node });
            async move { store.create_user(&user, *admission, &[]).await.unwrap() }
        });
        let outcomes = join_all(racing).await;
        assert_eq!((count(&outcomes, &UserOutcome::Done), count(&outcomes, &UserOutcome::EmailTaken)), (1, 7));
        // Only the one who came in has used his invitation up.
        let winner = outcomes.iter().position(|outcome| *outcome == UserOutcome::Done).unwrap();
        let used = usize::from(matches!(admissions[winner], Admission::Invitation(_)));
        h.clock.advance_ms(1);
        let open = h.store.list_invitations(h.now()).await.unwrap();
        let of_round = open.iter().filter(|link| link.email.as_str().starts_with(&format!("guest{round}-")));
        assert_eq!(of_round.count(), 4 - used);
    }
    assert_eq!(h.store.list_users().await.unwrap().len(), 6);
    node.close().await;
}

pub(crate) async fn an_invitation_is_good_once_and_in_its_time(h: &Harness) {
    let node = h.another_node().await;
    let link = invitation(h, "guest").await;
    let racing = (0..40).map(|n| {
        let (user, told) = (new_user(h, &format!("guest{n}"), Role::Member), entry(h, Action::UserCreated));
        let store = if n % 2 == 0 { &h.store } else { &node };
        async move { store.create_user(&user, Admission::Invitation(link.id), &[told]).await.unwrap() }
    });
    let outcomes = join_all(racing).await;
    assert_eq!((count(&outcomes, &UserOutcome::Done), count(&outcomes, &UserOutcome::NotAdmitted)), (1, 39));
    assert_eq!((h.store.list_users().await.unwrap().len(), count_audit(h).await), (1, 1));
    assert_eq!(h.store.find_link(link.hash).await.unwrap().unwrap().used_at, Some(h.now()));
    let enter = async |link: &Link, name| {
        let user = new_user(h, name, Role::Member);
        h.store.create_user(&user, Admission::Invitation(link.id), &[]).await.unwrap()
    };
    let revoke = async |id| {
        let (before, told) = (h.everything().await, entry(h, Action::InvitationRevoked));
        let is_revoked = h.store.revoke_invitation(id, h.now(), &[told]).await.unwrap();
        assert_eq!(h.everything().await != before, is_revoked);
        is_revoked
    };
    // Up to its last moment, and not at its end.
    let (early, late, revoked) =
        (invitation(h, "early").await, invitation(h, "late").await, invitation(h, "revoked").await);
    assert!(revoke(revoked.id).await && !revoke(revoked.id).await);
    assert_eq!(enter(&revoked, "revoked").await, UserOutcome::NotAdmitted);
    h.set_clock(early.expires_at.plus_ms(-1));
    assert_eq!(enter(&early, "early").await, UserOutcome::Done);
    h.set_clock(late.expires_at);
    assert_eq!(enter(&late, "late").await, UserOutcome::NotAdmitted);
    let reset = new_link(h, Purpose::PasswordReset(h.store.list_users().await.unwrap()[0].id), "guest");
    h.store.create_link(&reset, &[]).await.unwrap();
    for id in [link.id, early.id, late.id, reset.id, h.ids.next(h.now())] {
        assert!(!revoke(id).await);
    }
    node.close().await;
}

pub(crate) async fn a_newer_link_ends_the_older_of_its_purpose(h: &Harness) {
    let (dice, mut model): (_, Vec<Link>) = (Dice::new(3), Vec::new());
    let users = [user(h, "ada", Role::Admin).await, user(h, "bob", Role::Member).await];
    for _ in 0..60 {
        h.clock.advance_ms(dice.below(900_000) as i64);
        let at = dice.below(2);
        let purpose = match dice.below(3) {
            0 => Purpose::Invitation(Role::Admin),
            1 => Purpose::Invitation(Role::Member),
            _ => Purpose::PasswordReset(users[at].id),
        };
        let link = new_link(h, purpose, ["ada", "bob"][at]);
        h.store.create_link(&link, &[]).await.unwrap();
        let is_alike = |old: &Link| {
            old.email == link.email && std::mem::discriminant(&old.purpose) == std::mem::discriminant(&purpose)
        };
        for old in model.iter_mut().filter(|old| is_alike(old) && old.is_open(h.now())) {
            old.expires_at = h.now();
        }
        model.push(link);
        for link in &model {
            assert_eq!(h.store.find_link(link.hash).await.unwrap().as_ref(), Some(link));
        }
        let is_open = |link: &&Link| link.is_open(h.now()) && matches!(link.purpose, Purpose::Invitation(_));
        let mut open: Vec<_> = model.iter().filter(is_open).cloned().collect();
        open.sort_by_key(|link| link.id);
        assert_eq!(h.store.list_invitations(h.now()).await.unwrap(), open);
    }
    assert_eq!(h.store.find_link(KeyHash::of("unknown")).await.unwrap(), None);
}

/// Everything that can change with a user.
fn whole_change(h: &Harness, link: &Link, spared: Option<&Session>) -> UserChange {
    UserChange {
        recovery_codes: Some(vec![KeyHash::of("new one"), KeyHash::of("new two")]),
        end_sessions: Some((EndReason::CredentialsChanged, spared.map(|session| session.id))),
        link: Some(link.id),
        audit: vec![entry(h, Action::PasswordChanged)],
    }
}

pub(crate) async fn a_change_is_made_whole_or_not_at_all(h: &Harness) {
    let ada = user(h, "ada", Role::Admin).await;
    let old = UserChange { recovery_codes: Some(vec![KeyHash::of("old")]), ..UserChange::default() };
    h.store.update_user(&ada, h.now(), old).await.unwrap();
    let ada = User { version: 2, ..ada };
    let begin = || Session::begin(h.ids.next(h.now()), ada.id, "::1".to_owned(), "curl".to_owned(), h.now());
    let (ended, spared) = (begin(), begin());
    for session in [&ended, &spared] {
        h.store.start_session(session, KeyHash::of(&session.id.to_string()), &[]).await.unwrap();
    }
    let (link, used) = (new_link(h, Purpose::PasswordReset(ada.id), "ada"), invitation(h, "bob").await);
    h.store.create_link(&link, &[]).await.unwrap();
    let bob = new_user(h, "bob", Role::Member);
    h.store.create_user(&bob, Admission::Invitation(used.id), &[]).await.unwrap();
    let changed = User { password_hash: "$argon2id$new".to_owned(), ..ada.clone() };
    let stale = |version| User { version, ..changed.clone() };
    let nobody = User { id: h.ids.next(h.now()), ..changed.clone() };
    let demoted = User { role: Role::Member, ..changed.clone() };
    let before = h.everything().await;
    for (user, link, want) in [
        (&stale(1), &link, UserOutcome::Changed),
        (&stale(3), &link, UserOutcome::Changed),
        (&nobody, &link, UserOutcome::Changed),
        (&changed, &used, UserOutcome::NotAdmitted),
        (&demoted, &link, UserOutcome::LastAdmin),
    ] {
        let outcome = h.store.update_user(user, h.now(), whole_change(h, link, None)).await.unwrap();
        assert_eq!(outcome, want, "version {}", user.version);
        h.expect_unchanged(&before, &format!("{want:?} at version {}", user.version)).await;
    }
    let done = h.store.update_user(&changed, h.now(), whole_change(h, &link, Some(&spared))).await.unwrap();
    assert_eq!(done, UserOutcome::Done);
    assert_eq!(found(h, ada.id).await, User { version: 3, ..changed });
    assert_eq!(h.store.list_sessions(ada.id, h.now()).await.unwrap(), [spared]);
    assert_eq!(h.store.find_session(ended.id).await.unwrap().unwrap().0.ended_at, Some(h.now()));
    assert_eq!(h.store.find_link(link.hash).await.unwrap().unwrap().used_at, Some(h.now()));
    assert_eq!((h.store.count_recovery_codes(ada.id).await.unwrap(), count_audit(h).await), (2, 1));
    assert!(!h.store.spend_recovery_code(ada.id, KeyHash::of("old"), &[]).await.unwrap());
}

pub(crate) async fn of_many_who_saw_the_same_state_one_changes_it(h: &Harness) {
    let (node, ada) = (h.another_node().await, user(h, "ada", Role::Admin).await);
    let racing = (0..20).map(|n| {
        let (ada, store) =
            (User { name: format!("ada {n}"), ..ada.clone() }, if n % 2 == 0 { &h.store } else { &node });
        async move { (change(h, store, &ada).await, ada.name) }
    });
    let outcomes = join_all(racing).await;
    let done: Vec<_> = outcomes.iter().filter(|(outcome, _)| *outcome == UserOutcome::Done).collect();
    assert_eq!(done.len(), 1);
    assert_eq!(outcomes.iter().filter(|(outcome, _)| *outcome == UserOutcome::Changed).count(), 19);
    assert_eq!(found(h, ada.id).await, User { name: done[0].1.clone(), version: 2, ..ada });
    node.close().await;
}

pub(crate) async fn the_last_active_admin_stays(h: &Harness) {
    let (node, ada) = (h.another_node().await, user(h, "ada", Role::Admin).await);
    user(h, "member", Role::Member).await;
    let bob = user(h, "bob", Role::Admin).await;
    assert_eq!(change(h, &h.store, &User { is_active: false, ..bob.clone() }).await, UserOutcome::Done);
    let before = h.everything().await;
    for (role, is_active) in [(Role::Member, true), (Role::Admin, false), (Role::Member, false)] {
        assert_eq!(change(h, &h.store, &User { role, is_active, ..ada.clone() }).await, UserOutcome::LastAdmin);
    }
    h.expect_unchanged(&before, "a refusal").await;
    assert_eq!(change(h, &h.store, &User { name: "Ada".to_owned(), ..ada.clone() }).await, UserOutcome::Done);
    // Two admins who close or demote each other at once: one of them is left.
    for round in 0..10 {
        for id in [ada.id, bob.id] {
            let user = found(h, id).await;
            let admin = User { role: Role::Admin, is_active: true, ..user };
            assert_eq!(change(h, &h.store, &admin).await, UserOutcome::Done);
        }
        let gone = |user: User| match round % 2 {
            0 => User { is_active: false, ..user },
            _ => User { role: Role::Member, ..user },
        };
        let (ada, bob) = (gone(found(h, ada.id).await), gone(found(h, bob.id).await));
        let outcomes = join_all([change(h, &h.store, &ada), change(h, &node, &bob)]).await;
        assert_eq!((count(&outcomes, &UserOutcome::Done), count(&outcomes, &UserOutcome::LastAdmin)), (1, 1));
        let users = h.store.list_users().await.unwrap();
        assert_eq!(users.iter().filter(|user| user.is_admin() && user.is_active).count(), 1);
    }
    node.close().await;
}

/// A user with a second factor.
async fn with_totp(h: &Harness, name: &str, sealed: &[u8]) -> User {
    let user = user(h, name, Role::Member).await;
    let totp = Some(Totp { sealed: sealed.to_vec(), confirmed_at: Some(h.now()) });
    let user = User { totp, ..user };
    assert_eq!(change(h, &h.store, &user).await, UserOutcome::Done);
    user
}

pub(crate) async fn a_half_minute_is_spent_once_and_none_before_it(h: &Harness) {
    let (node, dice) = (h.another_node().await, Dice::new(9));
    let (ada, bob) = (with_totp(h, "ada", b"a secret").await, with_totp(h, "bob", b"another").await);
    let racing = (0..100).map(|n| if n % 2 == 0 { &h.store } else { &node }).map(|store| {
        let id = ada.id;
        async move { store.spend_totp_step(id, 1_000, b"a secret").await.unwrap() }
    });
    assert_eq!(count(&join_all(racing).await, &true), 1);
    // The factor of somebody else, one that is no more, and a user who has none.
    let plain = user(h, "plain", Role::Member).await;
    for (id, sealed) in [(ada.id, &b"another"[..]), (ada.id, b""), (bob.id, b"a secret"), (plain.id, b"")] {
        assert!(!h.store.spend_totp_step(id, 2_000, sealed).await.unwrap());
    }
    let mut last = 1_000;
    for _ in 0..100 {
        let step = last - 3 + dice.below(6) as i64;
        let store = if dice.once_in(2) { &h.store } else { &node };
        assert_eq!(store.spend_totp_step(ada.id, step, b"a secret").await.unwrap(), step > last, "{step} after {last}");
        last = last.max(step);
    }
    assert!(last > 1_010 && h.store.spend_totp_step(bob.id, 1, b"another").await.unwrap());
    node.close().await;
}

pub(crate) async fn a_recovery_code_is_spent_once(h: &Harness) {
    let (node, ada, bob) =
        (h.another_node().await, user(h, "ada", Role::Admin).await, user(h, "bob", Role::Member).await);
    let codes: Vec<_> = (0..10).map(|n| KeyHash::of(&format!("code {n}"))).collect();
    let given = UserChange { recovery_codes: Some(codes.clone()), ..UserChange::default() };
    h.store.update_user(&ada, h.now(), given).await.unwrap();
    for (spent, code) in codes.iter().enumerate() {
        let racing = (0..20).map(|n| {
            let (store, told) = (if n % 2 == 0 { &h.store } else { &node }, entry(h, Action::RecoveryCodeUsed));
            let id = ada.id;
            async move { store.spend_recovery_code(id, *code, &[told]).await.unwrap() }
        });
        assert_eq!(count(&join_all(racing).await, &true), 1);
        assert_eq!(h.store.count_recovery_codes(ada.id).await.unwrap(), 9 - spent as i64);
        assert_eq!(count_audit(h).await, spent + 1);
        let told = [entry(h, Action::RecoveryCodeUsed)];
        let next = codes.get(spent + 1).copied().unwrap_or(KeyHash::of("unknown"));
        assert!(!h.store.spend_recovery_code(bob.id, next, &told).await.unwrap(), "that of another user");
        assert_eq!(count_audit(h).await, spent + 1);
    }
    node.close().await;
}
