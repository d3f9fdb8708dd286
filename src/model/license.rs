//! Licences as SPDX expressions (owner of `spdx`): are they well formed, and may data under one be released under
//! another? Only what the licences' own texts settle is judged; everything else is a warning or silence.
use crate::diag::nearest;

/// Licences of data that demand the same licence for what is made of them (CC BY-SA 4.0 section 3(b), ODbL 4.4).
const SHARE_ALIKE: &[&str] =
    &["CC-BY-SA-2.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "ODbL-1.0", "GFDL-1.3-only"];

/// Checks an SPDX expression; the message names the term that is unknown and the nearest known one.
pub fn check(expression: &str) -> Result<(), String> {
    match spdx::Expression::parse(expression) {
        Ok(_) => Ok(()),
        Err(e) => {
            let term = expression.get(e.span.clone()).unwrap_or(expression).trim();
            if term.is_empty() || matches!(term, "AND" | "OR" | "WITH" | "(" | ")") {
                return Err("the expression is not complete; write for example `MIT OR Apache-2.0`".into());
            }
            let known = spdx::identifiers::LICENSES.iter().map(|l| l.name);
            if matches!(e.reason, spdx::error::Reason::Unexpected(_)) && known.clone().any(|k| k == term) {
                return Err(format!("`{term}` needs `AND` or `OR` before it"));
            }
            let upper = known.clone().find(|k| k.eq_ignore_ascii_case(term));
            match upper.or_else(|| nearest(term, known)) {
                Some(k) => Err(format!("`{term}` is no SPDX licence; did you mean `{k}`?")),
                None => Err(format!("`{term}` is no SPDX licence; a private one is written `LicenseRef-NAME`")),
            }
        }
    }
}

/// The share-alike licence of an expression that a release under `release` would not honour.
pub fn share_alike_broken<'a>(source: &'a str, release: &str) -> Option<&'a str> {
    let words = || source.split([' ', '(', ')']).filter(|w| !w.is_empty());
    if words().any(|w| w == "OR") {
        return None; // the user may choose another
    }
    words().find(|w| SHARE_ALIKE.contains(w) && !release.split([' ', '(', ')']).any(|r| r == *w))
}

/// Whether what is under this licence may be released at all by others than its owner.
pub fn forbids_release(expression: &str) -> bool {
    expression.split([' ', '(', ')']).any(|w| w.contains("-ND-")) && !expression.contains(" OR ")
}

/// The name of a single known licence, for people.
pub fn full_name(id: &str) -> Option<&'static str> {
    spdx::license_id(id).map(|l| l.full_name)
}

/// The single licences that an expression names.
pub fn terms(expression: &str) -> Vec<String> {
    let mut out: Vec<String> = expression
        .split([' ', '(', ')'])
        .filter(|w| !w.is_empty() && !matches!(*w, "AND" | "OR" | "WITH"))
        .map(Into::into)
        .collect();
    out.sort();
    out.dedup();
    out
}

/// Bytes that the evidence of a licence may have: a release keeps a copy.
pub const EVIDENCE_MAX: u64 = 16 << 20;

/// What the copy of a source's evidence is called in a release.
pub fn kept_as(source: &str, evidence: &str) -> String {
    format!("{source}-{}", evidence.rsplit('/').next().unwrap_or(evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        assert_eq!(check("CC-BY-SA-4.0"), Ok(()));
        assert_eq!(check("Apache-2.0 OR MIT"), Ok(()));
        assert_eq!(check("LicenseRef-KOGL-1"), Ok(()));
        assert!(check("cc-by-4.0").unwrap_err().contains("did you mean `CC-BY-4.0`?"));
        assert!(check("CC-BY-SA-4.1").unwrap_err().contains("CC-BY-SA-4.0"));
        assert!(check("").is_err());
        for broken in ["MIT AND", "MIT OR", "MIT WITH", "AND MIT", "(MIT", "MIT AND ("] {
            assert!(check(broken).unwrap_err().contains("not complete"), "{broken}");
        }
        assert!(check("MIT Apache-2.0").unwrap_err().contains("`Apache-2.0` needs `AND` or `OR`"));
    }

    #[test]
    fn share_alike() {
        assert_eq!(share_alike_broken("CC-BY-SA-4.0", "MIT"), Some("CC-BY-SA-4.0"));
        assert_eq!(share_alike_broken("CC-BY-SA-4.0", "CC-BY-SA-4.0"), None);
        assert_eq!(share_alike_broken("CC-BY-SA-4.0 OR MIT", "MIT"), None);
        assert_eq!(share_alike_broken("CC-BY-4.0", "MIT"), None);
    }
}
