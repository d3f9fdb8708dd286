//! Keys that link a person's accounts in Korea: CI (연계정보), 64 bytes as 88 characters of base64, and DI (중복가입확인정보),
//! 64 to 66 characters that begin with `MC0GCCqGSIb3DQIJAyEA`.
//!
//! A CI alone likely, beside a word such as CI certain; possible behind `sha512-` (integrity of files has this shape).
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::text::Text;
use super::tokens;
use Confidence::{Certain, Likely, Possible};

pub const DETECTOR: Detector =
    Detector { name: "kr_ci", doc: "Linkage keys of Korea: CI and DI.", version: 4, mask: "[CI]", find };

const DI: &str = "MC0GCCqGSIb3DQIJAyE";

fn find(text: &Text, out: &mut Vec<Found>) {
    tokens::of(text, 64, &tokens::BASE64, |start, end| {
        let start = tokens::value_start(text.plain, start, end);
        let end = tokens::value_end(text.plain, start, end);
        let Some(token) = text.plain.get(start..end) else { return };
        let hash = text.plain.get(..start).is_some_and(|lead| lead.ends_with("sha512-") || lead.ends_with("sha384-"));
        let keyed = ["Key=", "key="].iter().any(|key| text.lead(start).ends_with(key));
        let mixed = [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit];
        let mixed = mixed.iter().all(|class| token.bytes().any(|b| class(&b)));
        let own = match token.len() {
            64..=66 if token.starts_with(DI) => Certain,
            88 if token.ends_with("==") && !token.trim_end_matches('=').contains('=') && mixed => Likely,
            64..=66 if mixed => Possible,
            _ => return,
        };
        let confidence = match text.subject(start, end) {
            Some(Subject::Linkage) => own.raised(),
            Some(Subject::Thing | Subject::Secret) => own.lowered(),
            _ if hash || keyed => Possible,
            _ => own,
        };
        out.push(Found { start, end, confidence });
    });
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    #[test]
    fn keys_by_their_length() {
        let ci = format!("{}x1Z==", "aB3+/".repeat(17).get(..83).unwrap());
        assert_eq!(ci.len(), 88);
        assert_eq!(found(&DETECTOR, &format!("CI: {ci}로")), [ci.as_str()]);
        for before in ["", "ci=", "?ci=", "CI=", "connInfo=", "https://a.example.com/?id=3&ci="] {
            assert_eq!(found(&DETECTOR, &format!("{before}{ci}&ok")), [ci.as_str()], "{before}");
        }
        assert_eq!(found(&DETECTOR, &format!("sha512-{ci}")), [""; 0]);
        let di = format!("MC0GCCqGSIb3DQIJAyEA{}", "aB3+/".repeat(9).get(..44).unwrap());
        assert_eq!(found(&DETECTOR, &format!("DI값 {di} 끝")), [di.as_str()]);
    }
}
