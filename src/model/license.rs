//! Licences as SPDX expressions (owner of `spdx`): are they well formed, and may data under one be released under
//! another? Only what the licences' own texts settle is judged; what they leave open is not told.
use crate::diag::nearest;

/// Bytes of the file that shows a licence.
pub const EVIDENCE_MAX: u64 = 16 << 20;

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

/// What a source's licence demands and a release would not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// No changed form may be shared.
    NoDerivatives,
    /// Only non-commercial use.
    NonCommercial,
    /// The same licence for what is made of it.
    ShareAlike,
    /// The authors must be named.
    Attribution,
}

/// The first term of a source's licence that a release under another would not keep. `edited`: some step changes what is
/// released. Of several licences to choose from, one that is kept is enough; a release must keep it whichever of its own
/// licences its user chooses.
pub fn broken(source: &str, release: &str, edited: bool) -> Option<(String, Broken)> {
    let (own, of) = (spdx::Expression::parse(source).ok()?, spdx::Expression::parse(release).ok()?);
    let mut first = None;
    let kept = own.evaluate(|term| {
        let term = term.to_string();
        let mut broken = None;
        let breaks = of.evaluate(|chosen| {
            let by = broken_by(&term, &chosen.to_string(), edited);
            broken = broken.or(by);
            by.is_some()
        });
        first = first.take().or(broken.filter(|_| breaks).map(|b| (term, b)));
        !breaks
    });
    first.filter(|_| !kept)
}

/// What a single licence demands and another does not keep.
fn broken_by(source: &str, release: &str, edited: bool) -> Option<Broken> {
    if edited && no_derivatives(source) {
        return Some(Broken::NoDerivatives);
    }
    if non_commercial(source) && !non_commercial(release) {
        return Some(Broken::NonCommercial);
    }
    if share_alike(source).is_some_and(|family| !stays_in(family, source, release)) {
        return Some(Broken::ShareAlike);
    }
    (attribution(source) && waives(release)).then_some(Broken::Attribution)
}

/// Whether every licence to choose from forbids to share a changed form.
pub fn forbids_changes(expression: &str) -> bool {
    spdx::Expression::parse(expression).is_ok_and(|e| !e.evaluate(|term| !no_derivatives(&term.to_string())))
}

fn no_derivatives(term: &str) -> bool {
    term.contains("-ND-") || matches!(term, "LicenseRef-KOGL-3" | "LicenseRef-KOGL-4")
}

fn non_commercial(term: &str) -> bool {
    let of = ["-NC-", "Noncommercial", "NonCommercial"];
    of.iter().any(|n| term.contains(n)) || matches!(term, "LicenseRef-KOGL-2" | "LicenseRef-KOGL-4")
}

/// Licences that ask the same licence for what is made of it, by how their names begin; and which others keep them.
const SHARE_ALIKE: &[(&str, &[&str])] = &[
    ("CC-BY-SA-", &["CC-BY-SA-", "LAL-", "GPL-3.0"]),
    ("CC-BY-NC-SA-", &["CC-BY-NC-SA-"]),
    ("ODbL-", &["ODbL-"]),
    ("CDLA-Sharing-", &["CDLA-Sharing-"]),
    ("GFDL-", &["GFDL-"]),
    ("AGPL-", &["AGPL-"]),
    ("LGPL-", &["LGPL-", "GPL-", "AGPL-"]),
    ("GPL-", &["GPL-", "AGPL-"]),
];

type Family = &'static (&'static str, &'static [&'static str]);

fn share_alike(term: &str) -> Option<Family> {
    SHARE_ALIKE.iter().find(|family| term.starts_with(family.0))
}

/// A release stays in the family with the same or a later version of the same licence, or with another that keeps it.
fn stays_in(family: Family, source: &str, release: &str) -> bool {
    let (name, keep) = *family;
    match release.strip_prefix(name) {
        Some(version) if name.starts_with("CC-") => {
            version_of(version) >= version_of(source.strip_prefix(name).unwrap_or_default())
        }
        _ => keep.iter().any(|other| release.starts_with(other)),
    }
}

/// `4.0` of `4.0` or of `3.0-AT`, as (major, minor).
fn version_of(text: &str) -> (u32, u32) {
    let number = text.split('-').next().unwrap_or_default();
    let mut parts = number.split('.').map(|p| p.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// Licences of data and works that ask for the authors' names. Those of programs ask for their own text alone.
fn attribution(term: &str) -> bool {
    const BY: &[&str] =
        &["CC-BY-", "ODC-By-", "ODbL-", "OGL-UK-", "NLOD-", "DL-DE-BY-", "etalab-", "C-UDA-", "LicenseRef-KOGL-"];
    BY.iter().any(|by| term.starts_with(by)) && term != "LicenseRef-KOGL-0"
}

/// Whether every licence to choose from asks for the authors' names.
pub fn asks_for_names(expression: &str) -> bool {
    spdx::Expression::parse(expression).is_ok_and(|e| !e.evaluate(|term| !attribution(&term.to_string())))
}

/// Licences that give up every right.
fn waives(term: &str) -> bool {
    matches!(
        term,
        "CC0-1.0"
            | "PDDL-1.0"
            | "CC-PDDC"
            | "CC-PDM-1.0"
            | "Unlicense"
            | "0BSD"
            | "MIT-0"
            | "WTFPL"
            | "LicenseRef-KOGL-0"
    )
}

/// The name of a single known licence, for people.
pub fn full_name(id: &str) -> Option<&'static str> {
    spdx::license_id(id).map(|l| l.full_name)
}

/// Where the text of a single known licence stands, by its identifier in the SPDX list.
pub fn address(id: &str) -> Option<String> {
    spdx::license_id(id).map(|l| format!("https://spdx.org/licenses/{}", l.name))
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
    fn what_a_release_would_not_keep() {
        let of = |source: &str, release: &str| broken(source, release, false).map(|b| b.1);
        for (source, release, want) in [
            ("CC-BY-SA-4.0", "MIT", Some(Broken::ShareAlike)),
            ("CC-BY-SA-4.0", "CC-BY-SA-4.0", None),
            ("CC-BY-SA-3.0", "CC-BY-SA-4.0", None),
            ("CC-BY-SA-4.0", "CC-BY-SA-3.0", Some(Broken::ShareAlike)),
            ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", Some(Broken::ShareAlike)),
            ("CC-BY-SA-4.0 OR MIT", "MIT", None),
            ("CC-BY-SA-4.0 AND MIT", "MIT", Some(Broken::ShareAlike)),
            ("CC-BY-NC-4.0", "CC-BY-4.0", Some(Broken::NonCommercial)),
            ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", None),
            ("CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", Some(Broken::ShareAlike)),
            ("LicenseRef-KOGL-2", "CC-BY-4.0", Some(Broken::NonCommercial)),
            ("GPL-3.0-only", "Apache-2.0", Some(Broken::ShareAlike)),
            ("GPL-2.0-or-later", "GPL-3.0-or-later", None),
            ("LGPL-3.0-only", "GPL-3.0-only", None),
            ("ODbL-1.0", "CC-BY-4.0", Some(Broken::ShareAlike)),
            ("CC-BY-4.0", "CC0-1.0", Some(Broken::Attribution)),
            ("CC-BY-4.0", "CC-BY-SA-4.0", None),
            ("MIT", "CC0-1.0", None),
            ("CC0-1.0", "MIT", None),
            // whoever takes the release may choose the licence that breaks it
            ("CC-BY-NC-4.0", "CC-BY-NC-4.0 OR MIT", Some(Broken::NonCommercial)),
            ("CC-BY-NC-4.0", "CC-BY-NC-4.0 AND MIT", None),
        ] {
            assert_eq!(of(source, release), want, "{source} under {release}");
        }
    }

    #[test]
    fn no_derivatives() {
        let edited = |release: &str| broken("CC-BY-ND-4.0", release, true).map(|b| b.1);
        assert_eq!(edited("CC-BY-ND-4.0"), Some(Broken::NoDerivatives));
        assert_eq!(broken("CC-BY-ND-4.0", "CC-BY-ND-4.0", false), None);
        assert_eq!(broken("CC-BY-NC-ND-4.0 OR MIT", "MIT", true), None);
        assert!(forbids_changes("CC-BY-NC-ND-4.0") && forbids_changes("LicenseRef-KOGL-3"));
        assert!(!forbids_changes("CC-BY-ND-4.0 OR MIT") && !forbids_changes("CC-BY-4.0"));
    }
}
