//! Prisma schemas: the `datasource` and `generator` blocks.

use super::Format;
use super::decoded;
use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId};

/// Prisma.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Prisma,
    name: "Prisma",
    reads: "`.prisma` files",
    extensions: &["prisma"],
    names: &[],
    words: &[],
    is_plainly: |_| false,
    parse,
};

fn parse(_source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Prisma);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}
