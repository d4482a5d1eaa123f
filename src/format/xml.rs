//! XML files of application servers and frameworks.

use super::Format;
use super::decoded;
use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId};

/// XML.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Xml,
    name: "XML",
    reads: "`.xml` and `.config` files",
    extensions: &["xml", "config"],
    names: &[],
    words: &[],
    is_plainly: |_| false,
    parse,
};

fn parse(_source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Xml);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}
