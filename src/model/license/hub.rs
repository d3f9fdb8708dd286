//! What hubs of data sets call a licence in the header of a card: a list of their own, in small letters.

/// Licences that hubs call as SPDX does, but for the case of letters.
const ALIKE: [&str; 49] = [
    "apache-2.0",
    "mit",
    "afl-3.0",
    "artistic-2.0",
    "bsl-1.0",
    "bsd-2-clause",
    "bsd-3-clause",
    "bsd-3-clause-clear",
    "cc0-1.0",
    "cc-by-2.0",
    "cc-by-2.5",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc-by-nc-2.0",
    "cc-by-nc-3.0",
    "cc-by-nc-4.0",
    "cc-by-nd-4.0",
    "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0",
    "cdla-sharing-1.0",
    "cdla-permissive-1.0",
    "cdla-permissive-2.0",
    "wtfpl",
    "ecl-2.0",
    "epl-1.0",
    "epl-2.0",
    "etalab-2.0",
    "eupl-1.1",
    "eupl-1.2",
    "agpl-3.0",
    "gpl-2.0",
    "gpl-3.0",
    "lgpl-2.1",
    "lgpl-3.0",
    "isc",
    "lppl-1.3c",
    "ms-pl",
    "mpl-2.0",
    "osl-3.0",
    "postgresql",
    "ofl-1.1",
    "ncsa",
    "unlicense",
    "zlib",
];

/// Licences that hubs call otherwise, with the one that is meant.
const OTHERWISE: [(&str, &str); 9] = [
    ("odbl", "ODbL-1.0"),
    ("odc-by", "ODC-By-1.0"),
    ("pddl", "PDDL-1.0"),
    ("c-uda", "C-UDA-1.0"),
    ("gpl-2.0", "GPL-2.0-only"),
    ("gpl-3.0", "GPL-3.0-only"),
    ("agpl-3.0", "AGPL-3.0-only"),
    ("lgpl-2.1", "LGPL-2.1-only"),
    ("lgpl-3.0", "LGPL-3.0-only"),
];

/// What hubs call a licence: `unknown` if nothing is known of it, and nothing if they have no word for it.
pub fn on_hubs(expression: &str) -> Option<String> {
    if super::is_unknown(expression) {
        return Some("unknown".into());
    }
    let own = OTHERWISE.iter().find(|(_, of)| of.eq_ignore_ascii_case(expression)).map(|(name, _)| name.to_string());
    own.or_else(|| Some(expression.to_lowercase()).filter(|name| ALIKE.contains(&name.as_str())))
}

/// The licence that a word of hubs stands for, where it is called otherwise elsewhere.
pub fn of_hubs(name: &str) -> Option<&'static str> {
    OTHERWISE.iter().find(|(own, _)| *own == name).map(|(_, of)| *of)
}

#[cfg(test)]
mod tests {
    use super::{OTHERWISE, of_hubs, on_hubs};

    #[test]
    fn licences_have_the_names_of_hubs() {
        let name = |l: &str| on_hubs(l);
        assert_eq!(name("CC-BY-4.0").as_deref(), Some("cc-by-4.0"));
        assert_eq!(name("ODbL-1.0").as_deref(), Some("odbl"));
        assert_eq!(name("GPL-3.0-only").as_deref(), Some("gpl-3.0"));
        assert_eq!(name("GPL-3.0-or-later"), None, "hubs have no word that says so");
        assert_eq!(name("CC-BY-2.0-KR"), None);
        assert_eq!(name("LicenseRef-KOGL-1"), None);
        assert_eq!(name("CC-BY-4.0 AND MIT"), None);
        assert_eq!(name("NOASSERTION").as_deref(), Some("unknown"));
        for (hub, spdx) in OTHERWISE {
            assert_eq!((name(spdx).as_deref(), of_hubs(hub)), (Some(hub), Some(spdx)));
            assert!(super::super::full_name(spdx).is_some(), "{spdx}");
        }
    }
}
