//! `/docs/errors`: every code, by its status.

use crate::wire::error::class;
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::fmt::Write;
use zenwallet_core::Code;

const HEAD: &str = "# Errors\n\nEvery answer that is not a success has one shape:\n\n\
```json\n{\n  \"error\": {\n    \"type\": \"invalid_request_error\",\n    \"code\": \"amount_too_precise\",\n    \
\"message\": \"`amount` may have at most 2 decimals.\",\n    \"param\": \"amount\",\n    \
\"errors\": [{ \"param\": \"amount\", \"code\": \"amount_too_precise\", \"message\": \"…\" }],\n    \
\"doc_url\": \"/docs/errors#amount_too_precise\",\n    \"request_id\": \"req_…\"\n  }\n}\n```\n\n\
`code` is stable: write your program against it, not against `message`. `errors` names everything that is at fault, \
`param` the first of it. `request_id` stands in the header `Request-Id` too, and in the gateway's log. A 429, a 503 and \
a 409 `idempotency_key_in_use` say in `Retry-After` when to come again.\n";

/// The page, as Markdown.
pub(super) fn write() -> String {
    let mut by_status: BTreeMap<u16, Vec<(Code, &str)>> = BTreeMap::new();
    for code in Code::ALL {
        let (status, kind) = class(*code);
        by_status.entry(status).or_default().push((*code, kind));
    }
    let mut page = HEAD.to_owned();
    for (status, codes) in by_status {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(page, "\n## {status} {reason}");
        for (code, kind) in codes {
            let name = code.as_str();
            let _ = writeln!(page, "\n### `{name}` {{#{name}}}\n\n{} Status {status}, type `{kind}`.", code.meaning());
        }
    }
    page
}
