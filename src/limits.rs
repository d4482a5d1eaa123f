//! How much of a file is read: bounds that keep memory and time in hand whatever the file holds.
//!
//! Configuration written by people stays far below them. What is over a bound is named in the report and not read; the
//! rest of the review goes on. The policy file can set each of them.

/// Bounds on one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes. A larger file is listed and not read.
    pub file_bytes: usize,
    /// Values, counted before reading by the marks that part them; a value costs up to half a kilobyte of memory. A file
    /// with more is listed and not read.
    pub values: usize,
    /// Levels of nesting. What is nested deeper is not read.
    pub depth: usize,
    /// Values that aliases of one file may add. Aliases beyond are read as text.
    pub alias_values: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { file_bytes: 32 * 1024 * 1024, values: 1_000_000, depth: 128, alias_values: 200_000 }
    }
}

impl Limits {
    /// The greatest values that may be set: beyond, a file could exhaust the stack or the offsets.
    pub const MOST: Limits =
        Limits { file_bytes: 256 * 1024 * 1024, values: 50_000_000, depth: 180, alias_values: 10_000_000 };
}
