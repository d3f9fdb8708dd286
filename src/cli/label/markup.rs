//! Texts of the data in what label tools read as XML or HTML.

/// A text of the data, as it may stand in an element and in an attribute. `$` is no variable of a page then; characters beyond U+FFFF, with
/// which Mechanical Turk refuses a whole file, are numbers.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' | '$' | '\u{10000}'.. => out.push_str(&format!("&#{};", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// The text that was escaped; other uses of `&` stay.
pub fn unescaped(text: &str) -> String {
    let mut parts = text.split("&#");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let sign = part.split_once(';').and_then(|(n, rest)| Some((char::from_u32(n.parse().ok()?)?, rest)));
        match sign {
            Some((c, rest)) => {
                out.push(c);
                out.push_str(rest);
            }
            None => {
                out.push_str("&#");
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_data_is_escaped_and_comes_back() {
        for text in ["a<b>&amp;'\"", "${label} 😀 한국", "&#39 &#x; &#1114112;", ""] {
            let out = escaped(text);
            assert_eq!(unescaped(&out), text);
            assert!(!out.contains(['<', '>', '"', '\'', '$']) && out.chars().all(|c| c < '\u{10000}'), "{out}");
        }
    }
}
