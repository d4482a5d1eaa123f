//! What the reader must know that is not a risk: something could not be read, was cut off, hidden or guessed.
//!
//! A problem never stops a review and never quotes the file, because the quoted text could hold a secret.

use crate::source::Span;

/// What kind of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The syntax is broken; what stands before the error may have been read.
    Syntax,
    /// The file is a template whose structure cannot be read without rendering it.
    Templated,
    /// Not UTF-8, or another encoding that was converted.
    Encoding,
    /// No text: a binary file, a pointer, a link.
    NotText,
    /// Over a stated limit (bytes, nodes, depth).
    TooLarge,
    /// The same key twice in one mapping; the later one counts in most readers.
    DuplicateKey,
    /// Nobody here reads this format.
    UnknownFormat,
    /// All of the file was read; something that it asks for could not be put in effect (a remote base, a plugin, a patch
    /// without a target).
    NotApplied,
}

/// One sentence about a file, with its place where there is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What kind of trouble it is.
    pub kind: ProblemKind,
    /// Says what and, where it helps, the remedy. Holds no text of the file.
    pub message: String,
    /// Where, if it has a place.
    pub span: Option<Span>,
}

impl Problem {
    /// A problem of the whole file.
    #[must_use]
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Problem {
        Problem { kind, message: message.into(), span: None }
    }

    /// A problem at a place.
    #[must_use]
    pub fn at(kind: ProblemKind, message: impl Into<String>, span: Span) -> Problem {
        Problem { kind, message: message.into(), span: Some(span) }
    }
}
