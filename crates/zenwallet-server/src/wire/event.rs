//! The names of events, and of what becomes of their deliveries.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use zenwallet_core::delivery as core;
use zenwallet_core::endpoint::EventSet;
use zenwallet_core::event::EventType;
use zenwallet_core::{Code, Rejection};

/// Describes a type of the core by its names.
macro_rules! names {
    ($($name:ident $of:path, $meaning:literal;)*) => {$(
        #[doc = $meaning]
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let names = <$of>::ALL.map(|one| one.as_str());
                let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
                schema.description(Some($meaning)).into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

names! {
    EventName EventType, "What happened.";
    DeliveryStatus core::DeliveryStatus, "Where a delivery stands: waiting or in an attempt, with the receiver, failed for good, or called off.";
    DeliveryCause core::Cause, "Why there is a delivery: the event happened, somebody asked for it again, for all that had failed, or for a test.";
}

/// The type of event of this name.
pub(super) fn parse_event(param: &'static str, name: &str) -> Result<EventType, Rejection> {
    EventType::parse(name).ok_or_else(|| {
        let known = EventType::ALL.map(EventType::as_str).join(", ");
        Rejection::new(Code::ParameterInvalid, param, format!("{param} may be {known}"))
    })
}

/// The set of these names: one at least, each known, none twice.
pub(super) fn parse_events(param: &'static str, names: &[String]) -> Result<EventSet, Rejection> {
    let invalid = |message| Err(Rejection::new(Code::ParameterInvalid, param, message));
    let mut kinds = Vec::with_capacity(EventType::ALL.len());
    for name in names {
        let kind = parse_event(param, name)?;
        if kinds.contains(&kind) {
            return invalid(format!("{param} names {name} twice"));
        }
        kinds.push(kind);
    }
    if kinds.is_empty() {
        return invalid(format!("{param} must name one event at least; leave it out for the default"));
    }
    Ok(EventSet::of(kinds))
}
