//! Lines that a broken record took with it. A quote that nobody closed makes one record of thousands of lines; dropped as
//! one record it would hardly be seen, so each of its lines counts where losses are judged.
//!
//! What a reader says of a dropped record is all that is kept of it, so the number stands in its words.

/// A record of more lines than this took others with it.
pub const LINES: u64 = 10;

const WORDS: &str = " lines of the file are one record";

/// What is said of so many lines.
pub fn words(lines: usize) -> String {
    format!("{lines}{WORDS}")
}

/// How many records a dropped one counts for, by what was said of it.
pub fn records(say: &str) -> u64 {
    let told = say.find(WORDS).and_then(|end| say.get(..end)?.rsplit(' ').next()?.parse().ok());
    told.filter(|lines| *lines > LINES).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_again() {
        assert_eq!(records(&format!("a quote is opened and never closed: {}", words(1000))), 1000);
        assert_eq!(records(&format!("3 values; {}", words(2))), 1);
        assert_eq!((records(&words(11)), records("no quote")), (11, 1));
    }
}
