//! What sockets say when they connect, and the first thing they are told.

use serde::Serialize;
use serde_json::Value;
use zenwallet_core::id::AppId;
use zenwallet_core::{Code, Rejection};

/// What an app's socket says of itself in `auth`.
pub(crate) struct AppAuth {
    pub(crate) api_key: String,
    pub(crate) after_seq: Option<i64>,
}

impl AppAuth {
    pub(crate) fn parse(auth: Option<Value>) -> Result<Self, Rejection> {
        let mut members = Members::of(auth)?;
        let api_key = members.text("apiKey", Code::ApiKeyMissing)?;
        let after_seq = match members.take("afterSeq") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_i64().filter(|seq| *seq >= 0).ok_or_else(|| {
                let message = "afterSeq must be the seq of an event, or 0";
                Rejection::new(Code::ParameterInvalid, "afterSeq", message)
            })?),
        };
        members.finish("apiKey and afterSeq")?;
        Ok(Self { api_key, after_seq })
    }
}

/// What a payer's socket says in `auth`.
pub(crate) struct PayerAuth {
    pub(crate) payment_id: String,
}

impl PayerAuth {
    pub(crate) fn parse(auth: Option<Value>) -> Result<Self, Rejection> {
        let mut members = Members::of(auth)?;
        let payment_id = members.text("paymentId", Code::ParameterMissing)?;
        members.finish("paymentId")?;
        Ok(Self { payment_id })
    }
}

/// What a user's socket says in `auth`.
pub(crate) struct UserAuth {
    /// The access token, where the browser keeps none.
    pub(crate) access_token: Option<String>,
    /// Which apps, each with the place in its log behind which it is followed; `None` is its present end.
    pub(crate) apps: Vec<(AppId, Option<i64>)>,
}

/// Most apps that one socket follows.
const APPS_MAX: usize = 20;

impl UserAuth {
    pub(crate) fn parse(auth: Option<Value>) -> Result<Self, Rejection> {
        let mut members = Members::of(auth)?;
        let access_token = match members.take("accessToken") {
            None | Some(Value::Null) => None,
            Some(Value::String(token)) => Some(token),
            Some(_) => {
                return Err(Rejection::new(Code::ParameterTypeInvalid, "accessToken", "accessToken must be a string"));
            }
        };
        let invalid = || {
            let message = "apps must be an object of 1 to 20 ids of apps, each with the seq of an event or null";
            Rejection::new(Code::ParameterInvalid, "apps", message)
        };
        let Some(Value::Object(apps)) = members.take("apps") else { return Err(invalid()) };
        if apps.is_empty() || apps.len() > APPS_MAX {
            return Err(invalid());
        }
        let app = |(id, after): (String, Value)| {
            let id = AppId::parse(&id)
                .ok_or_else(|| Rejection::new(Code::AppNotFound, "apps", Code::AppNotFound.meaning()))?;
            match after {
                Value::Null => Ok((id, None)),
                after => Ok((id, Some(after.as_i64().filter(|seq| *seq >= 0).ok_or_else(invalid)?))),
            }
        };
        let apps = apps.into_iter().map(app).collect::<Result<_, Rejection>>()?;
        members.finish("accessToken and apps")?;
        Ok(Self { access_token, apps })
    }
}

/// The members of an `auth`.
struct Members(serde_json::Map<String, Value>);

impl Members {
    fn of(auth: Option<Value>) -> Result<Self, Rejection> {
        match auth {
            None | Some(Value::Null) => Ok(Self(serde_json::Map::new())),
            Some(Value::Object(members)) => Ok(Self(members)),
            Some(_) => Err(Rejection::new(Code::ParameterTypeInvalid, "auth", "auth must be an object")),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    fn text(&mut self, name: &'static str, missing: Code) -> Result<String, Rejection> {
        match self.take(name) {
            Some(Value::String(text)) => Ok(text),
            None | Some(Value::Null) => Err(Rejection::new(missing, name, format!("auth must hold {name}"))),
            Some(_) => Err(Rejection::new(Code::ParameterTypeInvalid, name, format!("{name} must be a string"))),
        }
    }

    fn finish(self, known: &str) -> Result<(), Rejection> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(_) => Err(Rejection::new(Code::ParameterUnknown, "auth", format!("auth may hold {known} only"))),
        }
    }
}

/// The first thing that an app's socket is told: from where on it hears events.
#[derive(Serialize)]
pub(crate) struct Ready {
    /// The number of the last event that it is not told of.
    pub(crate) after_seq: i64,
}

/// The same for each app of a user's socket.
#[derive(Serialize)]
pub(crate) struct ReadyApp<'a> {
    /// Of which app.
    pub(crate) app_id: &'a str,
    /// The number of the last event that it is not told of.
    pub(crate) after_seq: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_auth_is_read_strictly() {
        let read = |auth| AppAuth::parse(Some(auth)).map(|auth| (auth.api_key, auth.after_seq));
        assert_eq!(read(json!({"apiKey": "k"})), Ok(("k".to_owned(), None)));
        assert_eq!(read(json!({"apiKey": "k", "afterSeq": 7})), Ok(("k".to_owned(), Some(7))));
        assert_eq!(read(json!({"apiKey": "k", "afterSeq": null})), Ok(("k".to_owned(), None)));
        for (auth, code) in [
            (json!({}), Code::ApiKeyMissing),
            (json!(null), Code::ApiKeyMissing),
            (json!("k"), Code::ParameterTypeInvalid),
            (json!({"apiKey": 1}), Code::ParameterTypeInvalid),
            (json!({"apiKey": "k", "afterSeq": -1}), Code::ParameterInvalid),
            (json!({"apiKey": "k", "afterSeq": 1.5}), Code::ParameterInvalid),
            (json!({"apiKey": "k", "afterSeq": "7"}), Code::ParameterInvalid),
            (json!({"apiKey": "k", "after_seq": 7}), Code::ParameterUnknown),
        ] {
            assert_eq!(read(auth.clone()).unwrap_err().code, code, "{auth}");
        }
        assert_eq!(AppAuth::parse(None).err().unwrap().code, Code::ApiKeyMissing);
        assert_eq!(PayerAuth::parse(Some(json!({"paymentId": "pay_1"}))).ok().unwrap().payment_id, "pay_1");
        assert!(PayerAuth::parse(Some(json!({"paymentId": "pay_1", "apiKey": "k"}))).is_err());
    }
}
