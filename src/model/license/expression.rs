//! SPDX expressions: are they well formed, and which licences do they name?
use crate::diag::nearest;

/// Checks an SPDX expression; the message names the term that is unknown and the nearest known one.
pub fn check(expression: &str) -> Result<(), String> {
    match spdx::Expression::parse(expression) {
        Ok(_) => Ok(()),
        Err(e) => {
            let term = expression.get(e.span.clone()).unwrap_or(expression).trim();
            if term.is_empty() || matches!(term, "AND" | "OR" | "WITH" | "(" | ")") {
                return Err("the expression is not complete; write for example `MIT OR Apache-2.0`".into());
            }
            if term == "NONE" {
                return Err(
                    "`NONE` is no licence: all rights are reserved, and it is written `LicenseRef-AllRightsReserved`"
                        .into(),
                );
            }
            let known = spdx::identifiers::LICENSES.iter().map(|l| l.name);
            if matches!(e.reason, spdx::error::Reason::Unexpected(_)) && known.clone().any(|k| k == term) {
                return Err(format!("`{term}` needs `AND` or `OR` before it"));
            }
            let upper = known.clone().find(|k| k.eq_ignore_ascii_case(term));
            if upper.is_none() && is_port(term) {
                return Err(format!("SPDX does not list this port; it is written `LicenseRef-{term}`"));
            }
            match upper.or_else(|| nearest(term, known)) {
                Some(k) => Err(format!("`{term}` is no SPDX licence; did you mean `{k}`?")),
                None => Err(format!("`{term}` is no SPDX licence; a private one is written `LicenseRef-NAME`")),
            }
        }
    }
}

/// What stands for a licence that nobody has stated (SPDX has the word): data under it may be built, and not released.
pub const UNKNOWN: &str = "NOASSERTION";

/// Whether nothing is known of some licence of an expression.
pub fn is_unknown(expression: &str) -> bool {
    terms(expression).iter().any(|t| t == UNKNOWN)
}

/// The licence of an identifier, in whatever case of letters it is written.
pub fn spelled(id: &str) -> Option<&'static str> {
    let known = spdx::identifiers::LICENSES.iter().map(|l| l.name).filter(|name| *name != UNKNOWN && *name != "NONE");
    let mut known = known.filter(|name| name.eq_ignore_ascii_case(id));
    known.next()
}

/// Whether a word is a licence of Creative Commons for one country: `CC-BY-2.0-KR`.
fn is_port(term: &str) -> bool {
    let unported = term
        .rsplit_once('-')
        .filter(|(_, country)| country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()));
    unported.is_some_and(|(id, _)| id.starts_with("CC-BY-") && spdx::license_id(id).is_some())
}

/// The name of a single known licence, for people.
pub fn full_name(id: &str) -> Option<&'static str> {
    spdx::license_id(id).map(|l| l.full_name)
}

/// Where the text of a single known licence stands, by its identifier in the SPDX list.
pub fn address(id: &str) -> Option<String> {
    spdx::license_id(id).map(|l| format!("https://spdx.org/licenses/{}", l.name))
}

/// The single licences that an expression names, each with the exception that belongs to it.
pub fn terms(expression: &str) -> Vec<String> {
    let Ok(of) = spdx::Expression::parse(expression) else { return Vec::new() };
    let mut out: Vec<String> = of.requirements().map(|r| r.req.to_string()).collect();
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        assert_eq!(check("CC-BY-SA-4.0"), Ok(()));
        assert_eq!(check("Apache-2.0 OR MIT"), Ok(()));
        assert_eq!(check("LicenseRef-KOGL-1"), Ok(()));
        assert_eq!(check("LicenseRef-KOGL-4 WITH AdditionRef-KOGL-AI"), Ok(()));
        assert!(check("cc-by-4.0").unwrap_err().contains("did you mean `CC-BY-4.0`?"));
        assert!(check("CC-BY-SA-4.1").unwrap_err().contains("CC-BY-SA-4.0"));
        assert!(check("CC-BY-2.0-KR").unwrap_err().contains("`LicenseRef-CC-BY-2.0-KR`"));
        assert!(check("").is_err());
        for broken in ["MIT AND", "MIT OR", "MIT WITH", "AND MIT", "(MIT", "MIT AND ("] {
            assert!(check(broken).unwrap_err().contains("not complete"), "{broken}");
        }
        assert!(check("MIT Apache-2.0").unwrap_err().contains("`Apache-2.0` needs `AND` or `OR`"));
    }

    #[test]
    fn single_licences_of_an_expression() {
        assert_eq!(terms("(MIT OR CC-BY-4.0) AND MIT"), ["CC-BY-4.0", "MIT"]);
        assert_eq!(terms("GPL-2.0-only WITH Classpath-exception-2.0").len(), 1);
        assert!(is_unknown("MIT OR NOASSERTION") && !is_unknown("MIT"));
    }
}
