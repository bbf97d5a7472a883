//! Where the links of the Markdown lead, and the anchors that GitHub gives to headings.

use super::pages::is_page;

/// The address that a link of a page leads to; none when it leads to nothing that is served.
pub(super) fn target(slug: &str, link: &str) -> Option<String> {
    let is_elsewhere = ["https://", "http://", "mailto:"].iter().any(|scheme| link.starts_with(scheme));
    if is_elsewhere || link.starts_with('#') || link.starts_with("/docs") || link.starts_with("/api/") {
        return Some(link.to_owned());
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let path = below_docs(slug, path)?;
    let slug = path.strip_suffix(".md").filter(|slug| is_page(slug))?;
    let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
    Some(format!("/docs/{slug}{anchor}"))
}

/// The path below `docs/` of what a page names by a path of its own; none when it leads out of there.
pub(super) fn below_docs(slug: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = slug.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The anchor of a heading, as GitHub makes it, but for the number of one that was there before.
pub(super) fn anchor_of(title: &str) -> String {
    let kept = title.trim().chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_or_nowhere() {
        for (slug, link, to) in [
            ("webhooks", "live.md", Some("/docs/live")),
            ("webhooks", "live.md#the-feed", Some("/docs/live#the-feed")),
            ("webhooks", "./live.md#the-feed", Some("/docs/live#the-feed")),
            ("webhooks", "#retries", Some("#retries")),
            ("security/rules", "../webhooks.md", Some("/docs/webhooks")),
            ("security/rules", "input.md#x", Some("/docs/security/input#x")),
            ("security/rules", "../../SECURITY.md#limits", None),
            ("security/rules", "../../../etc/passwd", None),
            ("security", "security/asvs-5.0.0-ids.txt", None),
            ("dashboard", "decisions/0019-dashboard.md", None),
            ("dashboard", "../README.md", None),
            ("dashboard", "javascript:alert(1)", None),
            ("dashboard", "https://example.com/live.md", Some("https://example.com/live.md")),
            ("reference", "/docs/errors#amount_invalid", Some("/docs/errors#amount_invalid")),
        ] {
            assert_eq!(target(slug, link).as_deref(), to, "{slug}: {link}");
        }
    }

    #[test]
    fn anchors_are_github_s() {
        for (title, anchor) in [
            ("The feed", "the-feed"),
            ("Inbox: a first webhook without a server", "inbox-a-first-webhook-without-a-server"),
            ("amount_invalid", "amount_invalid"),
            ("What 503 means?", "what-503-means"),
            ("GET /api/events", "get-apievents"),
            ("A – b", "a--b"),
            ("Größe & Maß", "größe--maß"),
        ] {
            assert_eq!(anchor_of(title), anchor);
        }
    }
}
