//! Reports: views of events, facts and ledgers. They own no state and decide nothing.
pub mod diagnostic;
pub mod progress;
pub mod terminal;
pub mod why;
pub mod status;
pub mod reference;
pub mod show;
