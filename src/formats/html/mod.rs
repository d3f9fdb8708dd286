//! Pages in HTML: what a crawl takes from them. `tree` is the page as a browser reads it, `marked` what it says of itself in
//! JSON, `page` its facts and links, `body` its main text, `tail` what is cut off behind that, `licence` under what it, or a picture
//! on it, may be used, `embedded` what a picture says of that itself, and `links` what site maps and feeds list.
mod body;
mod decode;
mod embedded;
#[cfg(test)]
mod idioms;
mod licence;
mod links;
mod marked;
mod page;
mod tail;
mod tree;

pub use decode::decoded;
pub use embedded::{Embedded, flag};
pub use licence::{Claim, Claimed};
pub use links::listed;
pub use page::{Facts, NESTING, Page};
