//! The audit log: who did what, when and from where.

use crate::id::{AppId, AuditId, RequestId, UserId};
use crate::time::Timestamp;

/// Who acts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A user, as he was called then.
    User(UserId, String),
    /// An app, by one of its keys, as the key is hinted at.
    App(AppId, String),
    /// Whoever may run the program on the machine.
    Console,
    /// The gateway by itself.
    System,
    /// Nobody who is known: a login that failed.
    Anonymous,
}

impl Actor {
    /// Which of them: the name in JSON and SQL.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(..) => "user",
            Self::App(..) => "app",
            Self::Console => "console",
            Self::System => "system",
            Self::Anonymous => "anonymous",
        }
    }

    /// The actor's id, if it has one.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::User(id, _) => Some(id.to_string()),
            Self::App(id, _) => Some(id.to_string()),
            Self::Console | Self::System | Self::Anonymous => None,
        }
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        match self {
            Self::User(_, name) | Self::App(_, name) => name,
            Self::Console => "console",
            Self::System => "gateway",
            Self::Anonymous => "",
        }
    }
}

/// Declares [`Action`] once: the name in Rust, the name in JSON and SQL.
macro_rules! actions {
    ($($variant:ident $text:literal,)*) => {
        /// Everything that is written down. Append-only, as codes are.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Action { $(#[doc = $text] $variant,)* }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Action] = &[$(Action::$variant,)*];

            /// The name in JSON and SQL.
            pub const fn as_str(self) -> &'static str {
                match self { $(Action::$variant => $text,)* }
            }
        }
    };
}

actions! {
    UserCreated "user.created",
    UserChanged "user.changed",
    UserInvited "user.invited",
    InvitationRevoked "user.invitation_revoked",
    SessionStarted "session.started",
    SessionEnded "session.ended",
    SessionReuse "session.refresh_token_reused",
    LoginFailed "session.login_failed",
    Confirmed "session.confirmed",
    TokensRenewed "session.tokens_renewed",
    PasswordChanged "password.changed",
    PasswordResetRequested "password.reset_requested",
    TotpEnabled "totp.enabled",
    TotpDisabled "totp.disabled",
    TotpReset "totp.reset",
    RecoveryCodesMade "totp.recovery_codes_made",
    RecoveryCodeUsed "totp.recovery_code_used",
    AppCreated "app.created",
    AppChanged "app.changed",
    AppDeleted "app.deleted",
    KeyCreated "key.created",
    KeyChanged "key.changed",
    KeyRotated "key.rotated",
    KeyRevoked "key.revoked",
    WebhookSecretRotated "webhook_secret.rotated",
    EndpointCreated "endpoint.created",
    EndpointChanged "endpoint.changed",
    EndpointDeleted "endpoint.deleted",
    PaymentCompleted "payment.completed",
    PaymentCanceled "payment.canceled",
    AuditExported "audit.exported",
}

impl Action {
    /// The action of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == name)
    }
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// Of which app, where it is about one.
    pub app_id: Option<AppId>,
    /// The public id of what it was done to.
    pub target: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<RequestId>,
    /// What it was before: JSON, without secrets.
    pub before: Option<String>,
    /// What it is afterwards.
    pub after: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let names: HashSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for action in Action::ALL {
            assert_eq!(Action::parse(action.as_str()), Some(*action));
        }
    }
}
