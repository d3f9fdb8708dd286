//! How far two answers in free words say the same: by their words, whatever their case and marks.

/// The words of a text: runs of letters and digits in small letters. A text without any is one word.
pub fn words_of(text: &str) -> Vec<String> {
    let small = text.to_lowercase();
    let words: Vec<String> =
        small.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_string).collect();
    if words.is_empty() { vec![small.trim().to_string()] } else { words }
}

/// What texts say, without their order, case and marks: the same for answers that are the same.
pub fn plain(texts: &[String]) -> String {
    let mut all: Vec<String> = texts.iter().map(|text| words_of(text).join(" ")).collect();
    all.sort();
    all.dedup();
    all.join("\n")
}

/// Twice the words that two texts have in common, and the words of both: their F1 is the share (Rajpurkar et al. 2016, who leave English
/// articles out besides).
pub fn common(a: &[String], b: &[String]) -> (u64, u64) {
    let (mut x, mut y) = (a.to_vec(), b.to_vec());
    x.sort_unstable();
    y.sort_unstable();
    let (mut same, mut rest) = (0, y.as_slice());
    for word in &x {
        let from = rest.partition_point(|other| other < word);
        rest = rest.get(from..).unwrap_or_default();
        if rest.first() == Some(word) {
            same += 1;
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    (2 * same, (a.len() + b.len()) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_whatever_their_case_and_marks() {
        assert_eq!(words_of("The U.S., in 2024!"), ["the", "u", "s", "in", "2024"]);
        assert_eq!(words_of("서울특별시에 삽니다."), ["서울특별시에", "삽니다"]);
        assert_eq!((words_of("?!"), words_of(" ")), (vec!["?!".to_string()], vec![String::new()]));
        let texts = |of: &[&str]| of.iter().map(|t| t.to_string()).collect::<Vec<_>>();
        assert_eq!(plain(&texts(&["Two cats", "A dog."])), plain(&texts(&["a dog", "two CATS!", "a  dog"])));
    }

    /// Of `evaluate-v1.1.py` of SQuAD, whose answers here have no articles.
    #[test]
    fn words_in_common_count_as_often_as_both_have_them() {
        let of = |a: &str, b: &str| common(&words_of(a), &words_of(b));
        assert_eq!(of("on the mat on the mat", "on mat"), (4, 8));
        assert_eq!(of("b a a", "a a a b"), (6, 7));
        assert_eq!((of("cat", "dog"), of("cat", "Cat")), ((0, 2), (2, 2)));
    }
}
