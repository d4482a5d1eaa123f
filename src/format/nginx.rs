//! Directives with `;` and blocks in braces, as nginx has them.

use super::Format;
use super::decoded;
use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId};

/// nginx.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Nginx,
    name: "nginx",
    reads: "`nginx.conf`",
    extensions: &[],
    names: &["nginx.conf"],
    words: &[],
    is_plainly: |_| false,
    parse,
};

fn parse(_source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Nginx);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}
