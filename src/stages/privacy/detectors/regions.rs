//! Countries whose national telephone numbers are read without a country code.
//!
//! | region | national numbers read | source |
//! |---|---|---|
//! | KR (always) | see the detector `phone` | numbering plan of Korea |
//! | US (also CA) | 415-555-2671, (415) 555-2671, 1-415-555-2671: area and exchange begin with 2 to 9 | NANP |
//! | GB | 020 7946 0958, 07700 900123: 10 or 11 digits that begin with 01, 02, 03, 07, 08 | Ofcom |
//! | JP | 03-1234-5678, 03(1234)5678, 090-1234-5678, 0120-123-456: 10 or 11 digits in three groups | MIC |
//! | CN | 138 0013 8000, 13800138000: 11 digits that begin with 13 to 19 | MIIT |
//! | FR | 01 23 45 67 89: five pairs that begin with 01 to 09 | ARCEP |
//! | DE | 030 123456, (089) 123456, 0171/1234567, 0221 123 4567: 2 to 5 digits that begin with 0, then 5 to 8 | BNetzA |
//!
//! Where a region is not declared, its numbers are read only beside a word such as phone.

/// The regions that a manifest may name, and the languages that stand for them where none is named.
pub const REGIONS: [(&str, &[&str]); 7] = [
    ("KR", &["ko"]),
    ("US", &["en"]),
    ("GB", &["en"]),
    ("JP", &["ja"]),
    ("CN", &["zh"]),
    ("FR", &["fr"]),
    ("DE", &["de"]),
];

/// A set of regions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Regions(u8);

impl Regions {
    pub(super) fn of(names: &[String]) -> Regions {
        let bit = |(i, (name, _)): (usize, &(&str, &[&str]))| u8::from(names.iter().any(|n| n == name)) << i;
        Regions(REGIONS.iter().enumerate().map(bit).fold(0, |all, bit| all | bit))
    }

    pub(super) fn has(self, name: &str) -> bool {
        REGIONS.iter().position(|(known, _)| *known == name).is_some_and(|i| self.0 & (1 << i) != 0)
    }
}

/// The regions in which the languages of a data set are spoken: `en-GB` is GB alone, `en` is US and GB.
pub fn of_languages(languages: &[String]) -> Vec<String> {
    let spoken = |(region, spoken): &(&str, &[&str])| {
        languages.iter().any(|tag| {
            let mut parts = tag.split('-');
            let language = parts.next().unwrap_or_default();
            let place = parts.find(|p| p.len() == 2);
            spoken.contains(&language) && place.is_none_or(|place| place == *region)
        })
    };
    REGIONS.iter().filter(|r| spoken(r)).map(|(region, _)| region.to_string()).collect()
}
