//! Reports: views of events, facts and ledgers. They own no state and decide nothing.
pub mod diagnostic;
pub mod difference;
pub mod explain;
pub mod freeze;
pub mod histogram;
pub mod lang;
pub mod place;
pub mod progress;
pub mod reference;
pub mod review;
pub mod sheet;
pub mod show;
pub mod shown;
pub mod status;
pub mod terminal;
pub mod trace;
pub mod why;
