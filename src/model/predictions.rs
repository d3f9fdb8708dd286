//! What a model says of a sample: a probability for each class, or for each tag of each token.
use super::cells::record_of;
use super::spans::Span;
use super::tokens::Token;
use crate::table::{Cell, DataType, Value, list, record};

/// Probabilities of one sample. Of a class: one for each class, in the order in which the task declares them. Of spans: for
/// each token, one for each tag, `O`, then `B-` and `I-` of each class.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Predicted {
    /// Where each token lies in the text; none where the sample as a whole has a class.
    pub tokens: Vec<Token>,
    pub probabilities: Vec<f64>,
}

impl Cell for Predicted {
    fn ty() -> DataType {
        record(&[("tokens", list(Token::ty())), ("probabilities", list(DataType::Float64))])
    }

    fn into_value(self) -> Value {
        record_of([("tokens", self.tokens.into_value()), ("probabilities", self.probabilities.into_value())])
    }

    fn from_value(v: &Value) -> Option<Predicted> {
        let tokens = Vec::from_value(v.field("tokens"))?;
        Some(Predicted { tokens, probabilities: Vec::from_value(v.field("probabilities"))? })
    }
}

impl Predicted {
    /// As bytes: the number of tokens, their ends, the probabilities.
    pub fn packed(&self) -> Vec<u8> {
        let mut out = (self.tokens.len() as u32).to_le_bytes().to_vec();
        self.tokens.iter().flat_map(|t| [t.start, t.end]).for_each(|n| out.extend(n.to_le_bytes()));
        self.probabilities.iter().for_each(|p| out.extend(p.to_le_bytes()));
        out
    }

    /// What [`Predicted::packed`] wrote; `None` for other bytes.
    pub fn unpacked(bytes: &[u8]) -> Option<Predicted> {
        let (n, rest) = bytes.split_first_chunk::<4>()?;
        let (ends, rest) = rest.split_at_checked((u32::from_le_bytes(*n) as usize).checked_mul(8)?)?;
        let number = |b: &[u8]| Some(u32::from_le_bytes(b.try_into().ok()?));
        let token = |b: &[u8]| Some(Token { start: number(b.get(..4)?)?, end: number(b.get(4..)?)? });
        let (numbers, over) = rest.as_chunks::<8>();
        let tokens = ends.chunks_exact(8).map(token).collect::<Option<_>>()?;
        over.is_empty()
            .then(|| Predicted { tokens, probabilities: numbers.iter().map(|b| f64::from_le_bytes(*b)).collect() })
    }

    /// The probabilities of each token.
    pub fn rows(&self, tags: usize) -> impl Iterator<Item = &[f64]> {
        self.probabilities.chunks_exact(tags.max(1))
    }
}

/// The tag of each token under spans (`O` 0, `B-` of class k 1 + 2k, `I-` 2 + 2k): a token is in the first span that it shares a
/// character with. A span of another class than these marks nothing.
pub fn tags_of(tokens: &[Token], spans: &[Span], classes: &[String]) -> Vec<u16> {
    let mut sorted: Vec<&Span> = spans.iter().collect();
    sorted.sort();
    sorted.sort_by_key(|s| (s.start, s.end));
    let mut out = vec![0u16; tokens.len()];
    for span in sorted {
        let Some(class) = classes.iter().position(|c| *c == span.class) else { continue };
        let shares = |t: &Token| t.start < span.end && span.start < t.end;
        let first = tokens.partition_point(|t| t.end <= span.start);
        let own = tokens.iter().zip(&mut out).skip(first).take_while(|(t, _)| t.start < span.end);
        let mut inside = false;
        for (_, tag) in own.filter(|(t, tag)| shares(t) && **tag == 0) {
            *tag = 1 + 2 * class as u16 + u16::from(inside);
            inside = true;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{array_of, cells};

    fn token(start: u32, end: u32) -> Token {
        Token { start, end }
    }

    #[test]
    fn predictions_read_back_from_bytes_and_columns() {
        let one = Predicted { tokens: vec![token(0, 2), token(3, 4)], probabilities: vec![0.25, 0.75, 1.0, 0.0] };
        assert_eq!(Predicted::unpacked(&one.packed()), Some(one.clone()));
        assert_eq!(Predicted::unpacked(&one.packed()[1..]), None);
        let column = array_of([Some(one.clone()), None]);
        assert_eq!(cells::<Predicted>(column.as_ref()), [Some(one), None]);
    }

    #[test]
    fn tokens_are_tagged_by_what_they_share_with_spans() {
        let span = |class: &str, start, end| Span { class: class.into(), start, end };
        let classes = ["A", "B"].map(String::from);
        let tokens = [token(0, 3), token(3, 5), token(6, 8), token(8, 9)];
        // the second span begins within a token; the third lies in the first
        let spans = [span("B", 7, 9), span("A", 0, 5), span("B", 1, 2), span("C", 6, 7)];
        assert_eq!(tags_of(&tokens, &spans, &classes), [1, 2, 3, 4]);
        assert_eq!(tags_of(&tokens, &[], &classes), [0; 4]);
    }
}
