//! Comments and strings of code in colours of their own: no more, so that it is never wrong about a language.

use super::html::escape;

/// What a language is called; nothing for what is none.
pub(super) fn name_of(language: &str) -> &str {
    match language {
        "js" | "javascript" | "mjs" => "JavaScript",
        "ts" | "typescript" => "TypeScript",
        "py" | "python" => "Python",
        "sh" | "bash" | "shell" | "console" => "Shell",
        "go" => "Go",
        "rust" | "rs" => "Rust",
        "java" => "Java",
        "php" => "PHP",
        "rb" | "ruby" => "Ruby",
        "cs" | "csharp" => "C#",
        "http" => "HTTP",
        "json" => "JSON",
        "toml" => "TOML",
        "yaml" | "yml" => "YAML",
        "sql" => "SQL",
        "text" => "",
        other => other,
    }
}

/// The code as HTML.
pub(super) fn html(language: &str, code: &str) -> String {
    let comment = match name_of(language) {
        "JavaScript" | "TypeScript" | "Go" | "Rust" | "Java" | "PHP" | "C#" => "//",
        "Python" | "Shell" | "Ruby" | "TOML" | "YAML" => "#",
        "SQL" => "--",
        "JSON" => "\0",
        _ => return escape(code),
    };
    code.split_inclusive('\n').map(|line| line_html(line, comment)).collect()
}

/// A line: a comment goes to its end, a string to the quote that closes it on the same line.
fn line_html(line: &str, comment: &str) -> String {
    let (mut out, mut rest, mut before) = (String::new(), line, ' ');
    while let Some(c) = rest.chars().next() {
        let string = ['"', '\''].contains(&c).then(|| end_of_string(rest, c)).flatten();
        if rest.starts_with(comment) && before.is_whitespace() {
            let text = rest.trim_end_matches('\n');
            return out + "<i>" + &escape(text) + "</i>" + &rest[text.len()..];
        }
        let taken = string.unwrap_or(c.len_utf8());
        match string {
            Some(_) if !before.is_alphanumeric() => out = out + "<b>" + &escape(&rest[..taken]) + "</b>",
            _ => out.push_str(&escape(&rest[..taken])),
        }
        before = rest[..taken].chars().next_back().unwrap_or(' ');
        rest = &rest[taken..];
    }
    out
}

/// Where the string ends with which the text begins.
fn end_of_string(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    let found = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    found.map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn comments_and_strings_and_nothing_else() {
        for (language, code, html) in [
            ("js", "a('b') // c's\nd", "a(<b>'b'</b>) <i>// c's</i>\nd"),
            ("sh", "curl \"http://x#y\" # \"z\"", "curl <b>\"http://x#y\"</b> <i># \"z\"</i>"),
            ("sh", "curl http://x#y it's", "curl http://x#y it's"),
            ("json", "{\"a\": \"b\\\"c\"}", "{<b>\"a\"</b>: <b>\"b\\\"c\"</b>}"),
            ("", "<a> 'b' // c", "<a> 'b' // c"),
            ("py", "\"ö\" < 'x", "<b>\"ö\"</b> < 'x"),
        ] {
            let plain = |text: &str| {
                text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'")
            };
            assert_eq!(plain(&super::html(language, code)), html, "{language}");
        }
        assert_eq!(super::html("js", "<script>"), "&lt;script&gt;");
    }
}
