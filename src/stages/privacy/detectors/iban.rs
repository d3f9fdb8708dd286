//! International bank account numbers (ISO 13616): two letters of a country, two check digits, up to 30 letters and digits of
//! a length that the country fixes, in one run or in groups of four; the remainder by 97 is 1.
//!
//! With the right check digits certain, else possible; a word such as IBAN raises that.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::text::Text;
use Confidence::{Certain, Possible};

pub const DETECTOR: Detector =
    Detector { name: "iban", doc: "International bank account numbers.", version: 2, mask: "[IBAN]", find };

/// Lengths by country, from the IBAN registry.
const LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 \
    ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 \
    LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 \
    SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20";

fn find(text: &Text, out: &mut Vec<Found>) {
    let mut after = 0;
    for run in text.numbers.runs.iter().filter(|run| run.digits.len() >= 2) {
        let Some(start) = run.start.checked_sub(2).filter(|start| *start >= after) else { continue };
        let letters = text.bytes().get(start..run.start).is_some_and(|l| l.iter().all(u8::is_ascii_alphabetic));
        if !letters || text.is_in_word(start, start) && text.before(start).is_some_and(|c| c.is_ascii_alphanumeric()) {
            continue;
        }
        if let Some(found) = read(text, start) {
            after = found.end;
            out.push(found);
        }
    }
}

fn read(text: &Text, start: usize) -> Option<Found> {
    let rest = text.plain.get(start..)?;
    let country = rest.get(..2)?.to_ascii_uppercase();
    let at = LENGTHS.split_whitespace().find_map(|entry| entry.strip_prefix(country.as_str()))?;
    let wanted: usize = at.parse().ok()?;
    let (mut taken, mut end, mut joints) = (Vec::with_capacity(wanted), start, 0);
    for (i, b) in rest.bytes().enumerate().take(2 * wanted) {
        match b {
            b if b.is_ascii_alphanumeric() => {
                taken.push(b.to_ascii_uppercase());
                (end, joints) = (start + i + 1, 0);
            }
            b' ' | b'-' | b'.' if joints == 0 => joints += 1,
            _ => break,
        }
        if taken.len() == wanted {
            break;
        }
    }
    if taken.len() != wanted || text.at(end).is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let digits = taken.get(4..)?.iter().filter(|b| b.is_ascii_digit()).count();
    let confidence = if is_checked(&taken) { Certain } else { Possible };
    let found = text.judged(Found { start, end, confidence }, Subject::Iban);
    let account = confidence == Possible && text.subject(start, end) == Some(Subject::Account);
    let found = if account { Found { confidence: Confidence::Likely, ..found } } else { found };
    (digits >= 4).then_some(found)
}

fn is_checked(iban: &[u8]) -> bool {
    let turned = iban.iter().skip(4).chain(iban.iter().take(4));
    let rest = turned.fold(0u32, |rest, b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        _ => (rest * 100 + u32::from(b - b'A') + 10) % 97,
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    /// Examples of the IBAN registry.
    #[test]
    fn examples_of_the_registry() {
        for iban in [
            "GB29 NWBK 6016 1331 9268 19",
            "DE89370400440532013000",
            "FR14 2004 1010 0505 0001 3M02 606",
            "NO93 8601 1117 947",
            "nl91abna0417164300",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            for (before, behind) in [("", ""), ("IBAN: ", "로"), ("to ", ". Then")] {
                assert_eq!(found(&DETECTOR, &format!("{before}{iban}{behind}")), [iban]);
            }
        }
        assert_eq!(found(&DETECTOR, "DE88370400440532013000"), [""; 0]);
        assert_eq!(found(&DETECTOR, "IBAN DE88370400440532013000").len(), 1);
        assert_eq!(found(&DETECTOR, "xDE89370400440532013000, DE8937040044053201300"), [""; 0]);
    }
}
