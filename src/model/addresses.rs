//! Addresses of the web as they may be published. A signed or personal address holds a secret in its query or fragment: it is
//! asked for, and stands in no document of a release.

/// Words that are the whole name of a key with a secret.
const WHOLE: [&str; 11] =
    ["auth", "authorization", "jwt", "pass", "passwd", "pwd", "sas", "session", "sessionid", "sig", "hmac"];
/// How names of keys with a secret end, in small letters: `access_token`, `X-Amz-Signature`, `serviceKey`, `Key-Pair-Id`.
const ENDS: [&str; 10] =
    ["token", "signature", "secret", "password", "key", "keyid", "key-id", "key_id", "credential", "key-pair-id"];

/// An address without what stands behind its path; any other text as it is.
pub fn without_query(text: &str) -> &str {
    if is_web(text) { text.split(['?', '#']).next().unwrap_or(text) } else { text }
}

/// An address as documents of a release name it: whole, unless its query or fragment has a key that looks like a secret.
pub fn published(text: &str) -> &str {
    if secret_key(text).is_some() { without_query(text) } else { text }
}

/// The first key of an address's query or fragment that looks as if its value were a secret.
pub fn secret_key(text: &str) -> Option<&str> {
    if !is_web(text) {
        return None;
    }
    let at = text.find(['?', '#'])?;
    let pairs = text.get(at..)?.split(['?', '#', '&', ';']);
    pairs
        .filter_map(|pair| pair.split_once('='))
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, _)| key)
        .find(is_secret)
}

fn is_secret(key: &&str) -> bool {
    let key = key.to_ascii_lowercase();
    WHOLE.contains(&key.as_str()) || ENDS.iter().any(|end| key.ends_with(end)) || key.ends_with("accesskeyid")
}

/// Whether a text is an address of the web.
pub fn is_web(text: &str) -> bool {
    let begins = |with: &str| text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    begins("https://") || begins("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_look_like_secrets_are_told_from_others() {
        for (query, key) in [
            ("?token=1", "token"),
            ("?a=b&access_token=1", "access_token"),
            ("?X-Amz-Date=1&X-Amz-Signature=2", "X-Amz-Signature"),
            ("?X-Amz-Credential=1", "X-Amz-Credential"),
            ("?X-Goog-Signature=1", "X-Goog-Signature"),
            ("?AWSAccessKeyId=1&Signature=2", "AWSAccessKeyId"),
            ("?Key-Pair-Id=1", "Key-Pair-Id"),
            ("?serviceKey=1", "serviceKey"),
            ("?se=2026&sig=1", "sig"),
            ("?password=1", "password"),
            ("?api_key=1", "api_key"),
            ("#access_token=1", "access_token"),
        ] {
            let address = format!("https://example.org/a.csv{query}");
            assert_eq!(secret_key(&address), Some(key), "{query}");
            assert_eq!(published(&address), "https://example.org/a.csv", "{query}");
        }
        for whole in [
            "https://example.org/a.csv",
            "https://example.org/view?id=71&page=2#top",
            "https://example.org/token=1/a",
            "https://example.org/a?token=",
            "doi:10.1/x?token=1",
        ] {
            assert_eq!((secret_key(whole), published(whole)), (None, whole));
        }
        assert_eq!(without_query("HTTPS://example.org/view?id=71#x"), "HTTPS://example.org/view");
        assert_eq!(without_query("a book, p. 5?"), "a book, p. 5?");
    }
}
