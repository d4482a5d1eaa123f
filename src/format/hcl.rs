//! HCL 2: Terraform, Nomad, Packer.

use super::Format;
use super::decoded;
use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId};

/// HCL.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Hcl,
    name: "HCL",
    reads: "`.tf`, `.tfvars` and `.hcl` files",
    extensions: &["tf", "tfvars", "hcl", "nomad"],
    names: &[],
    words: &[],
    is_plainly: |_| false,
    parse,
};

fn parse(_source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Hcl);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}
