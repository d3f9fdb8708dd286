//! Reports: views of events, facts and ledgers. They own no state and decide nothing.
pub mod diagnostic;
pub mod difference;
pub mod freeze;
pub mod lang;
pub mod place;
pub mod progress;
pub mod reference;
pub mod review;
pub mod show;
pub mod shown;
pub mod status;
pub mod terminal;
pub mod trace;
pub mod why;
