//! For which apps something is asked: the one whose key calls, or those that a user names.

use std::sync::Arc;
use zenwallet_core::app::App;
use zenwallet_core::id::AppId;

/// The apps of a request.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) apps: Vec<Arc<App>>,
    /// How they were named: cursors are tied to it.
    pub(crate) name: String,
    /// Whether a user asks: to him each thing tells whose it is.
    pub(crate) is_users: bool,
}

impl Scope {
    /// The app whose key calls.
    pub(crate) fn of_key(app: Arc<App>) -> Self {
        Self { name: format!("{:?}", app.id), apps: vec![app], is_users: false }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = AppId> {
        self.apps.iter().map(|app| app.id)
    }

    /// The environment of all of them, or that they have not one.
    pub(crate) fn environment(&self) -> &'static str {
        let mut environments = self.apps.iter().map(|app| app.environment);
        match environments.next() {
            Some(first) if environments.all(|other| other == first) => first.as_str(),
            _ => "all",
        }
    }
}
