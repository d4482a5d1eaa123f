//! systemd units and drop-ins.

use super::Format;
use super::decoded;
use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId};

/// systemd.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Systemd,
    name: "systemd",
    reads: "`.service` and other units",
    extensions: &["service", "socket", "timer", "mount"],
    names: &[],
    words: &[],
    is_plainly: |_| false,
    parse,
};

fn parse(_source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Systemd);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}
