//! Published measures as pure functions on slices and texts: no input, no output, no tables, no randomness of its own.
//!
//! A stage reads columns, calls one of these and writes a column or a fact. What is printed or compared with a limit is
//! an integer or an exact decimal, so that every machine decides alike.
pub mod active;
pub mod aggregate;
pub mod agreement;
pub mod anonymity;
pub mod apportion;
pub mod association;
pub mod augment;
pub mod changes;
pub mod confident;
pub mod crowd;
pub mod disjoint;
pub mod exact;
pub mod fences;
pub mod fusion;
pub mod learn;
pub mod markup;
pub mod names;
pub mod ngrams;
pub mod normalise;
pub mod overlap;
pub mod parts;
pub mod passages;
pub mod pictures;
pub mod placing;
pub mod quality;
pub mod quotas;
pub mod ranks;
pub mod replies;
pub mod robots;
pub mod scores;
pub mod shapes;
pub mod shift;
pub mod similar;
pub mod tokenizer;
pub mod turns;
pub mod urls;
pub mod words;
