//! One label of answers in free words.
use crate::model::replies::Reply;
use crate::table::{Cell, Value};

/// All texts of all answers, in their order, each once. Nothing, where all say that there is no answer.
pub fn all(answers: &[&Value]) -> Option<Value> {
    let mut text: Vec<String> = Vec::new();
    for one in answers.iter().filter_map(|a| Reply::from_value(a)).flat_map(|r| r.text) {
        if !text.contains(&one) {
            text.push(one);
        }
    }
    (!answers.is_empty()).then(|| Reply { text }.into_value())
}

/// The answer with the longest text, in characters; of several the first.
pub fn longest(answers: &[&Value]) -> Option<Value> {
    let length = |v: &Value| {
        let texts = Reply::from_value(v).map_or(Vec::new(), |r| r.text);
        texts.iter().map(|t| t.chars().count()).max().unwrap_or(0)
    };
    answers.iter().rev().max_by_key(|v| length(v)).map(|v| (*v).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_texts_stay_or_the_longest_answer() {
        let reply = |of: &[&str]| Reply { text: of.iter().map(|t| t.to_string()).collect() }.into_value();
        let answers = [
            reply(&["a dog"]),
            reply(&["it runs", "a dog"]),
            reply(&["a cat runs"]),
            reply(&["so it goes"]),
            reply(&[]),
        ];
        let of = |n: usize| answers.iter().take(n).collect::<Vec<_>>();
        assert_eq!(all(&of(2)), Some(reply(&["a dog", "it runs"])));
        assert_eq!((longest(&of(5)), longest(&of(2))), (Some(reply(&["a cat runs"])), Some(answers[1].clone())));
        assert_eq!((all(&[&answers[4]]), longest(&[]), all(&[])), (Some(reply(&[])), None, None));
    }
}
