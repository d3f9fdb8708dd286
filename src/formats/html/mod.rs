//! Pages in HTML: what a crawl takes from them. `tree` is the page as a browser reads it, `marked` what it says of itself in
//! JSON, `page` its facts and links, `body` its main text, and `licence` under what it, or a picture on it, may be used.
mod body;
mod decode;
mod licence;
mod links;
mod marked;
mod page;
mod tree;

pub use decode::decoded;
pub use licence::{Claim, Claimed};
pub use links::listed;
pub use page::{Facts, NESTING, Page};
