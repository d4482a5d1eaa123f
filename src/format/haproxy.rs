//! HAProxy's configuration: sections and directives.

use super::Format;
use super::decoded;
use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId};

/// HAProxy.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Haproxy,
    name: "HAProxy",
    reads: "`haproxy.cfg`",
    extensions: &[],
    names: &["haproxy.cfg"],
    words: &[],
    is_plainly: |_| false,
    parse,
};

fn parse(_source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Haproxy);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}
