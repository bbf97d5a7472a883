use super::{Rendered, Source, render};

fn page(text: &str) -> Rendered {
    render(&Source { slug: "security/rules", text: text.to_owned().into(), names_anchors: false })
}

#[test]
fn raw_html_is_shown_and_comments_are_not() {
    for (text, html) in [
        ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n"),
        ("a <!-- x --> b", "<p>a  b</p>\n"),
        ("<!-- sample JavaScript -->\n\nb", "<p>b</p>\n"),
        ("<!-- a\n\n<script> -->\n\nb", "<p>b</p>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("<!-- a --> <img src=x>\n", "<p>&lt;img src=x&gt;</p>\n"),
    ] {
        assert_eq!(page(text).html, html, "{text}");
    }
}

#[test]
fn headings_have_the_anchors_of_github() {
    let page = page("# `A` b\n\nc\n\n## The feed\n\nd\n\n## The feed\n\n### {x}\n\n```sh\nls\n```\n");
    let anchors: Vec<_> = page.parts.iter().map(|part| (part.level, part.anchor.as_str(), part.text.trim())).collect();
    assert_eq!(anchors, [(1, "a-b", "c"), (2, "the-feed", "d"), (2, "the-feed-1", ""), (3, "x", "ls")]);
    assert_eq!(page.title(), "A b");
    assert!(page.html.contains("<h3 id=\"x\">{x} <a"), "{}", page.html);
}

#[test]
fn links_lead_to_pages_and_others_leave_their_words() {
    let html = page("[a](../live.md#x) [`b`](../../SECURITY.md) ![c](../images/none.png) <https://x.example>").html;
    assert_eq!(
        html,
        "<p><a href=\"/docs/live#x\">a</a> <code>b</code> c <a href=\"https://x.example\">https://x.example</a></p>\n"
    );
}

#[test]
fn blocks_of_code_that_belong_together_say_their_language() {
    let html = page("<!-- tabs -->\n```js\na\n```\n```py\nb\n```\n\nc\n\n```go\nd\n```\n").html;
    assert_eq!(html.matches("class=\"label\"").count(), 2, "{html}");
    assert!(html.contains("JavaScript</p>") && html.contains("Python</p>") && html.contains("language-go"), "{html}");
}

#[test]
fn the_first_sentence_is_the_lead() {
    for (text, lead) in [
        ("# A\n\nOne `two`\nthree. Four.", "One two three."),
        ("# A\n\nOne two: three", "One two."),
        ("# A\n\nOne\n\nTwo", "One."),
    ] {
        assert_eq!(page(text).lead, lead);
    }
}
