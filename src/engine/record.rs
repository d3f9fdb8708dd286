//! The record of the last build.
