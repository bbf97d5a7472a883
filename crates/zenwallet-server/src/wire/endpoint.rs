//! Endpoints: what is asked of them, and how they are shown.

use zenwallet_core::endpoint::EventSet;

/// What somebody wants an endpoint to be; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct EndpointChange {
    pub(crate) url: Option<String>,
    pub(crate) events: Option<EventSet>,
    pub(crate) headers: Option<Vec<(String, String)>>,
    pub(crate) description: Option<Option<String>>,
    pub(crate) is_enabled: Option<bool>,
}
