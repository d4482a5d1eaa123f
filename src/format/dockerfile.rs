//! Dockerfiles: what `ENV`, `ARG`, `CMD` and `ENTRYPOINT` set.

use super::Format;
use super::decoded;
use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId};

/// Dockerfile.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Dockerfile,
    name: "Dockerfile",
    reads: "`Dockerfile`, `Containerfile`",
    extensions: &[],
    names: &[],
    words: &["dockerfile", "containerfile"],
    is_plainly: |_| false,
    parse,
};

fn parse(_source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Dockerfile);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}
