//! Procfiles: one process a line.

use super::Format;
use super::decoded;
use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId};

/// Procfile.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Procfile,
    name: "Procfile",
    reads: "`Procfile`",
    extensions: &[],
    names: &[],
    words: &["procfile"],
    is_plainly: |_| false,
    parse,
};

fn parse(_source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Procfile);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}
