//! Shell files, for the variables that they set.

use super::Format;
use super::decoded;
use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId};

/// Shell.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Shell,
    name: "Shell",
    reads: "`.sh` files",
    extensions: &["sh", "bash"],
    names: &[],
    words: &[],
    is_plainly: |_| false,
    parse,
};

fn parse(_source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Shell);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}
