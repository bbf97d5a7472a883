//! The query of a list: what is taken narrows as it says, and its cursor is good for it alone.

use crate::draw::NOW;
use zenwallet_core::id::AppId;
use zenwallet_core::payment::Status;
use zenwallet_core::{Code, limits};
use zenwallet_server::fuzz::{LAST, Listed, read_list};
use zenwallet_store::Search;

const APP: AppId = AppId::from_bytes([1; 16]);

/// Reads a query string.
pub fn run(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    match read_list(query, APP, NOW) {
        Ok(listed) => accepted(query, &listed.expect("one app has one filter")),
        Err(errors) => {
            assert!(!errors.is_empty());
            let pairs = url::form_urlencoded::parse(data).count();
            assert!(errors.len() <= 2 * pairs, "{} errors of {pairs} parameters", errors.len());
            assert!(errors.iter().all(|error| Code::ALL.contains(&error.code) && !error.message.is_empty()));
        }
    }
}

fn accepted(query: &str, listed: &Listed) {
    let filter = &listed.filter;
    assert_eq!((filter.app_id, filter.now), (APP, NOW));
    assert!((1..=limits::LIST_LIMIT_MAX).contains(&listed.limit));
    let cleaned: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let value = |name: &str| cleaned.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str());
    let wanted = |status: &Status| value("status").is_none_or(|all| all.split(',').any(|one| one == status.as_str()));
    for status in Status::ALL {
        assert_eq!(filter.statuses.has(status), wanted(&status), "{query:?}");
    }
    assert_eq!(filter.reference_id.as_deref(), value("reference_id"));
    match (&filter.search, value("q")) {
        (None, None) => {}
        (Some(Search::Payment(id)), Some(text)) => assert_eq!(id.to_string(), text),
        (Some(Search::Transaction(id)), Some(text)) => assert_eq!(id.to_string(), text),
        (Some(Search::ReferencePrefix(prefix)), Some(text)) => assert_eq!(prefix, text),
        (search, text) => panic!("{search:?} of {text:?}"),
    }
    assert_eq!(filter.created_after.is_some(), value("created_after").is_some());
    assert_eq!(filter.created_before.is_some(), value("created_before").is_some());
    assert_eq!(listed.wants_count, value("include").is_some());
    // The next page: the same query with the cursor; with another filter the cursor is refused.
    let mut next = url::form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(cleaned.iter().filter(|(name, _)| name != "cursor"));
    next.append_pair("cursor", &listed.next);
    let next = next.finish();
    let page = read_list(&next, APP, NOW).unwrap_or_else(|errors| panic!("{next:?}: {errors:?}"));
    assert_eq!(page.as_ref().and_then(|page| page.below), Some(LAST));
    assert!(page.is_some_and(|page| page.filter == *filter && page.next == listed.next));
    if value("reference_id").is_none() && !cleaned.iter().any(|(name, _)| name == "reference_id") {
        let errors = read_list(&format!("{next}&reference_id=x"), APP, NOW).err().unwrap_or_default();
        assert_eq!(errors.first().map(|error| error.code), Some(Code::CursorInvalid));
    }
    if let (Some(cursor), Some(below)) = (value("cursor"), listed.below) {
        assert_eq!(zenwallet_server::fuzz::read_cursor(cursor, ""), None, "{below} of a list without a name");
    }
}
