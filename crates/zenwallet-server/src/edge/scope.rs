//! For which apps a request is made, where it may be several.

use super::error::ApiError;
use super::people;
use super::request::{APP_ID, AppCaller, Chosen, chosen, key_of, known_id};
use crate::gateway::{Gateway, WantedApps};
use crate::wire::scope::Scope;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::collections::BTreeSet;
use std::sync::Arc;
use zenwallet_core::app::Environment;
use zenwallet_core::limits::NAMED_APPS_MAX;
use zenwallet_core::{Code, Rejection};

const ENVIRONMENT: &str = "environment";

/// The apps that are asked about: the one whose key calls, or those that a user names.
pub(crate) struct AppsCaller(pub(crate) Scope);

impl FromRequestParts<Arc<Gateway>> for AppsCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, ApiError> {
        if key_of(parts)?.is_some() {
            let AppCaller(caller) = AppCaller::from_request_parts(parts, gateway).await?;
            return Ok(Self(Scope::of_key(caller.app)));
        }
        let login = people::recognise(parts, gateway).await?;
        let wanted = wanted(parts.uri.query())?;
        parts.extensions.insert(Chosen(&[APP_ID, ENVIRONMENT]));
        let verdict = gateway.admit_user(&login);
        people::admit(parts, verdict)?;
        Ok(Self(gateway.scope_of(&login, wanted).await?))
    }
}

fn wanted(query: Option<&str>) -> Result<WantedApps, ApiError> {
    match (chosen(query, APP_ID)?, chosen(query, ENVIRONMENT)?) {
        (None, None) => Err(ApiError::new(Code::AppIdMissing)),
        (Some(_), Some(_)) => {
            let message = "name the apps with app_id, or all of an environment with environment: not both";
            Err(Rejection::new(Code::ParameterInvalid, ENVIRONMENT, message).into())
        }
        (None, Some(name)) => match Environment::parse(&name) {
            Some(environment) => Ok(WantedApps::Environment(environment)),
            None => {
                let message = "environment must be test or production";
                Err(Rejection::new(Code::ParameterInvalid, ENVIRONMENT, message).into())
            }
        },
        (Some(ids), None) => {
            if ids.split(',').count() > NAMED_APPS_MAX {
                let message = format!("app_id may name at most {NAMED_APPS_MAX} apps");
                return Err(Rejection::new(Code::ParameterOutOfRange, APP_ID, message).into());
            }
            Ok(WantedApps::Named(ids.split(',').map(known_id).collect::<Result<BTreeSet<_>, _>>()?))
        }
    }
}
