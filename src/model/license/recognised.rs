//! Of which licence a text is, and which licence words name. What is not clear is not guessed; of two that are named none is
//! taken.
use super::expression::{UNKNOWN, check, spelled};

/// The licence that words name, if they name one alone.
pub fn by_words(text: &str) -> Option<String> {
    let text = within(text, 2000);
    let mut found: Vec<String> = Vec::new();
    let mut note = |license: String| {
        if !found.contains(&license) {
            found.push(license);
        }
    };
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || "-.+".contains(c))) {
        let word = word.trim_end_matches('.');
        let clear = word.contains('-') || word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if let Some(license) = spelled(word).filter(|_| clear) {
            note(license.to_string());
        }
    }
    creative_commons(text).into_iter().for_each(&mut note);
    let lower = text.to_lowercase();
    if lower.contains("mit license") || lower.contains("mit licence") {
        note("MIT".into());
    }
    if lower.contains("apache license") && lower.contains("2.0") {
        note("Apache-2.0".into());
    }
    found.pop().filter(|_| found.is_empty())
}

/// Licences of Creative Commons, in short (`CC BY-SA 4.0`) or by their names, with a version.
fn creative_commons(text: &str) -> Vec<String> {
    let upper = text.to_uppercase().replace(['-', '_', '\u{2011}'], " ");
    let words: Vec<&str> =
        upper.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).filter(|w| !w.is_empty()).collect();
    let mut out = Vec::new();
    for at in 0..words.len() {
        let mut rest = words.iter().skip(at).copied();
        let first = rest.next().unwrap_or_default();
        let long = first == "CREATIVE" && rest.next() == Some("COMMONS");
        if !long && first != "CC" {
            continue;
        }
        let mut id = "CC".to_string();
        for word in rest.take(8) {
            match word {
                "BY" | "ATTRIBUTION" => id.push_str("-BY"),
                "SA" | "SHAREALIKE" | "SHARE" => id.push_str("-SA"),
                "NC" | "NONCOMMERCIAL" => id.push_str("-NC"),
                "ND" | "NODERIVATIVES" | "NODERIVS" => id.push_str("-ND"),
                "ALIKE" | "LICENSE" | "LICENCE" | "VERSION" | "INTERNATIONAL" => {}
                version => {
                    out.extend(spelled(&format!("{id}-{}", version.trim_end_matches('.'))).map(String::from));
                    break;
                }
            }
        }
    }
    out
}

/// Sentences by which a licence's own text is known: how it begins (within its first 600 characters), what else it says,
/// and which licence it is. The first that fits counts.
const TEXTS: &[(&[&str], &[&str], &str)] = &[
    (&[], &["permission is hereby granted, free of charge", "the above copyright notice and this permission"], "MIT"),
    (&["apache license", "version 2.0"], &[], "Apache-2.0"),
    (&[], &["redistribution and use in source and binary forms", "neither the name"], "BSD-3-Clause"),
    (&[], &["redistribution and use in source and binary forms"], "BSD-2-Clause"),
    (&[], &["permission to use, copy, modify, and/or distribute this software", "the above copyright notice"], "ISC"),
    (&["this is free and unencumbered software released into the public domain"], &[], "Unlicense"),
    (&["cc0 1.0 universal"], &[], "CC0-1.0"),
    (&["odc open database license"], &[], "ODbL-1.0"),
    (&["open database license"], &[], "ODbL-1.0"),
    (&["open data commons attribution license"], &[], "ODC-By-1.0"),
    (&["odc attribution license"], &[], "ODC-By-1.0"),
    (&["public domain dedication and license"], &[], "PDDL-1.0"),
    (&["community data license agreement", "sharing", "version 1.0"], &[], "CDLA-Sharing-1.0"),
    (&["community data license agreement", "permissive", "version 1.0"], &[], "CDLA-Permissive-1.0"),
    (&["community data license agreement", "permissive", "version 2.0"], &[], "CDLA-Permissive-2.0"),
    (&["gnu affero general public license", "version 3"], &[], "AGPL-3.0-only"),
    (&["gnu lesser general public license", "version 3"], &[], "LGPL-3.0-only"),
    (&["gnu lesser general public license", "version 2.1"], &[], "LGPL-2.1-only"),
    (&["gnu general public license", "version 3"], &[], "GPL-3.0-only"),
    (&["gnu general public license", "version 2"], &[], "GPL-2.0-only"),
    (&["gnu free documentation license", "version 1.3"], &[], "GFDL-1.3-only"),
    (&["mozilla public license", "2.0"], &[], "MPL-2.0"),
    (&["open government licence", "version 3"], &[], "OGL-UK-3.0"),
    (&["open government licence", "v3.0"], &[], "OGL-UK-3.0"),
];

/// So many bytes of a text tell of which licence it is; it is known by its beginning.
pub const READ_FOR_NAME: usize = 6000;

/// The licence whose text this is. A text of the GNU family does not say whether later versions count too: it is told as
/// `-only`.
pub fn by_text(text: &str) -> Option<String> {
    let lower = plain(within(text, READ_FOR_NAME));
    let begins = within(&lower, 600);
    let fits = |(start, has, _): &&(&[&str], &[&str], &str)| {
        let holds = |text: &str, words: &str| memchr::memmem::find(text.as_bytes(), words.as_bytes()).is_some();
        start.iter().all(|s| holds(begins, s)) && has.iter().all(|s| holds(&lower, s))
    };
    if let Some((_, _, id)) = TEXTS.iter().find(fits) {
        return Some(id.to_string());
    }
    let cc = begins.find("attribution")?;
    let name = within(begins.get(cc..).unwrap_or_default(), 80);
    let parts = [("noncommercial", "-NC"), ("sharealike", "-SA"), ("noderiv", "-ND")];
    let id: String = parts.iter().filter(|(word, _)| name.contains(word)).map(|(_, id)| *id).collect();
    let version = ["4.0", "3.0", "2.5", "2.0"].into_iter().find(|v| name.contains(v))?;
    spelled(&format!("CC-BY{id}-{version}")).map(String::from)
}

/// A text in small letters, with one space wherever it has white space.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            c if c.is_whitespace() && (out.is_empty() || out.ends_with(' ')) => {}
            c if c.is_whitespace() => out.push(' '),
            c if c.is_ascii() => out.push(c),
            c => out.extend(c.to_lowercase()),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The beginning of a text, of at most so many bytes.
fn within(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// The licence that a value of a column names: an identifier in any case of letters, an expression, the address of a
/// licence of Creative Commons, or its name in words.
pub fn of_value(value: &str) -> Option<String> {
    let value = unwrapped(value.trim());
    if let Some(known) = spelled(value) {
        return Some(known.to_string());
    }
    if value.len() <= 200 && check(value).is_ok() {
        return (value != UNKNOWN && value != "NONE").then(|| value.to_string());
    }
    by_address(value).or_else(|| by_mark(value)).or_else(|| by_words(value))
}

/// A value without parentheses around the whole of it.
fn unwrapped(value: &str) -> &str {
    let mut value = value;
    while let Some(inner) = value.strip_prefix('(').and_then(|v| v.strip_suffix(')')) {
        let mut depth = 0i32;
        let closes_early = inner.bytes().any(|b| {
            depth += i32::from(b == b'(') - i32::from(b == b')');
            depth < 0
        });
        if closes_early || depth != 0 || value.len() > 200 {
            break;
        }
        value = inner.trim();
    }
    value
}

/// `https://creativecommons.org/licenses/by-sa/3.0/de/deed.ko`, and the two of the public domain.
fn by_address(value: &str) -> Option<String> {
    let lower = value.to_lowercase();
    let (_, path) = lower.split_once("creativecommons.org/")?;
    let mut parts = path.split(['/', '?', '#']);
    match (parts.next()?, parts.next()?, parts.next()?) {
        ("publicdomain", "zero", version) => spelled(&format!("CC0-{version}")).map(String::from),
        ("publicdomain", "mark", version) => spelled(&format!("CC-PDM-{version}")).map(String::from),
        ("licenses", "publicdomain", _) => Some("CC-PDDC".into()),
        ("licenses", elements, version) => {
            let unported = spelled(&format!("CC-{elements}-{version}"))?;
            let jurisdiction = |c: &&str| c.len() == 2 || ["igo", "scotland"].contains(c);
            let country = parts.next().filter(jurisdiction).filter(|c| c.bytes().all(|b| b.is_ascii_lowercase()));
            let Some(country) = country else { return Some(unported.to_string()) };
            let port = format!("{unported}-{}", country.to_uppercase());
            Some(spelled(&port).map_or_else(|| format!("LicenseRef-{port}"), String::from))
        }
        _ => None,
    }
}

/// Addresses of licences, without scheme and `www.`, and what they are.
const ADDRESSES: [(&str, &str); 9] = [
    ("nationalarchives.gov.uk/doc/open-government-licence/version/1", "OGL-UK-1.0"),
    ("nationalarchives.gov.uk/doc/open-government-licence/version/2", "OGL-UK-2.0"),
    ("nationalarchives.gov.uk/doc/open-government-licence/version/3", "OGL-UK-3.0"),
    ("opendatacommons.org/licenses/by/1-0", "ODC-By-1.0"),
    ("opendatacommons.org/licenses/by/1.0", "ODC-By-1.0"),
    ("opendatacommons.org/licenses/odbl/1-0", "ODbL-1.0"),
    ("opendatacommons.org/licenses/odbl/1.0", "ODbL-1.0"),
    ("opendatacommons.org/licenses/pddl/1-0", "PDDL-1.0"),
    ("opendatacommons.org/licenses/pddl/1.0", "PDDL-1.0"),
];

/// The licence that a page names by an address or in words. Of addresses only those are known whose licence they fix.
pub fn by_link(value: &str) -> Option<String> {
    let lower = value.trim().to_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return of_value(value);
    };
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let whole = rest;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    if rest.starts_with("creativecommons.org/") {
        // the first version of one licence had its elements in another order
        return by_address(&rest.replace("/by-nd-nc/", "/by-nc-nd/"));
    }
    if let Some(name) = rest.strip_prefix("spdx.org/licenses/") {
        return spelled(name.trim_end_matches('/').trim_end_matches(".html")).map(String::from);
    }
    if let Some((_, number)) = rest.strip_prefix("kogl.or.kr/").and_then(|path| path.split_once("licensetype")) {
        let number = number.chars().next().filter(|c| ('0'..='4').contains(c))?;
        return Some(format!("LicenseRef-KOGL-{number}"));
    }
    if let Some((_, tab)) = whole.split_once('#').filter(|_| rest == "kogl.or.kr/info/license.do") {
        // the page has a tab for each type, in their order
        let number = tab.strip_prefix('0')?.strip_suffix("-tab").filter(|n| ["1", "2", "3", "4"].contains(n))?;
        return Some(format!("LicenseRef-KOGL-{number}"));
    }
    let is = |address: &str| rest.strip_prefix(address).is_some_and(|more| more.is_empty() || more.starts_with('/'));
    ADDRESSES.iter().find(|(address, _)| is(address)).map(|(_, name)| name.to_string())
}

/// The licence that the words of a mark name, such as the text of its picture.
pub fn of_mark(words: &str) -> Option<String> {
    by_mark(words)
}

/// A mark of the Korea Open Government License: `공공누리 제1유형`, `KOGL Type 1`.
fn by_mark(value: &str) -> Option<String> {
    let lower = value.to_lowercase();
    if !(lower.contains("공공누리") || lower.contains("kogl") || lower.contains("korea open government license")) {
        return None;
    }
    let tight: String = lower.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let names =
        |n: &u8| [format!("{n}유형"), format!("유형{n}"), format!("type{n}")].iter().any(|own| tight.contains(own));
    let mut types = (0..=4).filter(names);
    let Some(own) = types.next() else {
        // without its number a mark is told by its conditions
        let (sells, changes) =
            (tight.contains("상업적이용금지") || tight.contains("상업용금지"), tight.contains("변경금지"));
        let number = 1 + u8::from(sells) + 2 * u8::from(changes);
        return (tight.contains("출처표시") && !tight.contains("ai유형")).then(|| format!("LicenseRef-KOGL-{number}"));
    };
    types.next().is_none().then(|| format!("LicenseRef-KOGL-{own}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_a_licence() {
        for (address, want) in [
            ("http://creativecommons.org/licenses/by/4.0", Some("CC-BY-4.0")),
            ("https://creativecommons.org/licenses/by-nd-nc/1.0/", Some("CC-BY-NC-ND-1.0")),
            ("https://creativecommons.org/licenses/by/", None),
            ("https://example.org/?to=creativecommons.org/licenses/by/4.0/", None),
            ("https://www.kogl.or.kr/info/licenseType1.do", Some("LicenseRef-KOGL-1")),
            ("https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", Some("OGL-UK-3.0")),
            ("https://www.nationalarchives.gov.uk/doc/open-government-licence/version/30/", None),
            ("https://spdx.org/licenses/MIT.html", Some("MIT")),
            ("https://example.org/mit-license", None),
            ("https://www.kogl.or.kr/info/license.do#02-tab", Some("LicenseRef-KOGL-2")),
            ("https://www.kogl.or.kr/info/license.do", None),
            ("https://creativecommons.org/licenses/by/3.0/igo/", Some("CC-BY-3.0-IGO")),
            ("https://creativecommons.org/licenses/by/2.5/scotland/", Some("LicenseRef-CC-BY-2.5-SCOTLAND")),
            ("https://creativecommons.org/licenses/by/4.0/legalcode.txt", Some("CC-BY-4.0")),
            ("https://creativecommons.org/licenses/publicdomain/", Some("CC-PDDC")),
        ] {
            assert_eq!(by_link(address).as_deref(), want, "{address}");
        }
    }

    #[test]
    fn words_name_a_licence() {
        for (text, want) in [
            ("CC BY-SA 4.0", Some("CC-BY-SA-4.0")),
            (" Creative Commons Attribution-ShareAlike 4.0 International", Some("CC-BY-SA-4.0")),
            ("MIT (LICENSE).", Some("MIT")),
            ("[Apache License, Version 2.0](x)", Some("Apache-2.0")),
            ("cc-by-nc-4.0", Some("CC-BY-NC-4.0")),
            ("CC BY 4.0 or MIT", None),
            ("see the file", None),
        ] {
            assert_eq!(by_words(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn texts_of_licences_are_known() {
        let mit = "MIT License\n\nPermission is hereby granted, free of charge, to any person\n\nThe above copyright notice and this permission notice shall";
        assert_eq!(by_text(mit).as_deref(), Some("MIT"));
        assert_eq!(by_text("Attribution-ShareAlike 4.0 International\n\n====").as_deref(), Some("CC-BY-SA-4.0"));
        assert_eq!(
            by_text("Attribution-NonCommercial-NoDerivatives 4.0 International").as_deref(),
            Some("CC-BY-NC-ND-4.0")
        );
        let gpl = "                    GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007";
        assert_eq!(by_text(gpl).as_deref(), Some("GPL-3.0-only"));
        let cdla = "Community Data License Agreement - Permissive - Version 2.0\n\nThis is";
        assert_eq!(by_text(cdla).as_deref(), Some("CDLA-Permissive-2.0"));
        assert_eq!(by_text("## ODC Open Database License (ODbL)\n\n### Preamble").as_deref(), Some("ODbL-1.0"));
        assert_eq!(by_text("All rights reserved."), None);
        assert_eq!(by_text(&"가".repeat(5000)), None);
    }

    #[test]
    fn values_of_a_column() {
        for (value, want) in [
            ("cc-by-4.0", Some("CC-BY-4.0")),
            ("( (CC-BY-4.0))", Some("CC-BY-4.0")),
            ("(MIT OR CC0-1.0)", Some("MIT OR CC0-1.0")),
            ("(MIT) OR (CC0-1.0)", Some("(MIT) OR (CC0-1.0)")),
            ("CC BY-SA 3.0", Some("CC-BY-SA-3.0")),
            ("http://creativecommons.org/licenses/by-nc/2.0/", Some("CC-BY-NC-2.0")),
            ("https://creativecommons.org/licenses/by/3.0/de/deed.ko", Some("CC-BY-3.0-DE")),
            ("https://creativecommons.org/licenses/by/2.0/kr/", Some("LicenseRef-CC-BY-2.0-KR")),
            ("https://creativecommons.org/publicdomain/zero/1.0/", Some("CC0-1.0")),
            ("공공누리 제1유형: 출처표시", Some("LicenseRef-KOGL-1")),
            ("KOGL Type 4", Some("LicenseRef-KOGL-4")),
            ("KOGL Type-2", Some("LicenseRef-KOGL-2")),
            ("공공누리 제 3 유형", Some("LicenseRef-KOGL-3")),
            ("공공누리 출처표시, 상업적 이용금지", Some("LicenseRef-KOGL-2")),
            ("OPEN 공공누리 출처표시 + 상업적 이용금지 + 변경금지", Some("LicenseRef-KOGL-4")),
            ("공공누리 공공저작물 자유이용허락", None),
            ("공공누리 제1유형, 제2유형", None),
            ("MIT OR Apache-2.0", Some("MIT OR Apache-2.0")),
            ("LicenseRef-Own", Some("LicenseRef-Own")),
            ("NOASSERTION", None),
            ("all rights reserved", None),
            ("", None),
        ] {
            assert_eq!(of_value(value).as_deref(), want, "{value}");
        }
    }
}
