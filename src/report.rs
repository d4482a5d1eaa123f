//! The report: all that a renderer sees. Owned, sorted, complete; printable text only.
//!
//! What was cut, skipped, masked or suppressed is counted here with its reason. A renderer decides words and layout.

use crate::budget::Verdict;
use crate::budget::shared::SharedFacts;
use crate::diff::ChangeKind;
use crate::finding::{Confidence, Severity};
use crate::quantity::Interval;
use crate::secret::Shown;
use crate::setting::Environment;
use crate::source::Side;

/// A finished review.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// One state was looked at, not a change.
    pub audit: bool,
    /// 0–100.
    pub score: u32,
    /// Worst severity of a finding that counts; `None` if there is none above info.
    pub level: Option<Severity>,
    /// One sentence, the same in every renderer.
    pub summary: Shown,
    /// Whether it holds nothing that a reviewer need stop for: versions of images and charts, labels, order, layout.
    pub routine: bool,
    /// Sorted: not suppressed first, then worst first, then by place.
    pub findings: Vec<ReportedFinding>,
    /// In order of file and path.
    pub changes: Vec<ReportedChange>,
    /// In order of verdict, worst first, then by name.
    pub budget: Vec<ReportedBudget>,
    /// Questions of what would be that speak of nothing in the files, with the nearest name.
    pub mistakes: Vec<Shown>,
    /// What the new side opens, for the budget of another repository; where it was asked for.
    pub shared: Option<SharedFacts>,
    /// In order of the findings they come from.
    pub checklist: Vec<CheckItem>,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// Line diffs of the changed files, masked.
    pub files: Vec<FileDiff>,
}

/// A place as a reader finds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// File, relative to its side.
    pub file: Shown,
    /// Which side.
    pub side: Side,
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode scalar values.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
}

/// A finding with its share of the score.
#[derive(Debug, Clone)]
pub struct ReportedFinding {
    /// Stable identity.
    pub id: String,
    /// The finding that it is counted with, where one mistake shows in several places; `None` for that one itself.
    pub cause: Option<String>,
    /// The rule's name.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Its share of the score; the shares add up to it.
    pub points: u32,
    /// How the share came about, in words.
    pub points_because: String,
    /// Where it applies.
    pub environment: Environment,
    /// A line that says it all.
    pub title: Shown,
    /// Why, with the numbers.
    pub message: Shown,
    /// Whom it concerns.
    pub subject: Option<Shown>,
    /// The setting.
    pub setting: Option<Shown>,
    /// Before.
    pub old: Option<Shown>,
    /// After.
    pub new: Option<Shown>,
    /// The place to look at.
    pub place: Place,
    /// The masked text of that line, for context.
    pub excerpt: Shown,
    /// Other places that matter.
    pub evidence: Vec<(Place, Shown)>,
    /// What the on-call would see.
    pub symptoms: Vec<Shown>,
    /// What to do.
    pub fix: Shown,
    /// The value to write.
    pub replacement: Option<Shown>,
    /// What to set back.
    pub rollback: Shown,
    /// Set if it does not count.
    pub suppressed: Option<Suppression>,
}

/// Why a finding does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// `inline`, `config` or, in an audit, `baseline`.
    pub by: &'static str,
    /// As the author wrote it.
    pub reason: Shown,
    /// Last day on which it holds, `YYYY-MM-DD`.
    pub until: Option<Shown>,
}

/// A change in the report.
#[derive(Debug, Clone)]
pub struct ReportedChange {
    /// What happened.
    pub kind: ChangeKind,
    /// The file on the new side; on the old one for a removal.
    pub file: Shown,
    /// Full key path.
    pub path: Shown,
    /// The file on the old side, where that was another.
    pub old_file: Option<Shown>,
    /// The key path before, where that was another.
    pub old_path: Option<Shown>,
    /// Before.
    pub old: Option<Shown>,
    /// After.
    pub new: Option<Shown>,
    /// Line before.
    pub old_line: Option<u32>,
    /// Line after.
    pub new_line: Option<u32>,
    /// Catalogue role or endpoint part.
    pub role: Option<Shown>,
    /// Whom it concerns.
    pub subject: Option<Shown>,
}

/// A server's budget in the report.
#[derive(Debug, Clone)]
pub struct ReportedBudget {
    /// Server name.
    pub server: Shown,
    /// Engine.
    pub engine: &'static str,
    /// Verdict.
    pub verdict: Verdict,
    /// Before.
    pub before: Option<crate::budget::Load>,
    /// After.
    pub after: Option<crate::budget::Load>,
    /// Terms of both sides.
    pub terms: Vec<ReportedTerm>,
    /// What is missing.
    pub unknowns: Vec<Shown>,
    /// The value that fits.
    pub proposal: Option<ReportedProposal>,
    /// Clients that may belong here.
    pub could_be: Vec<Shown>,
    /// Where the limit is written.
    pub limit_at: Option<Place>,
    /// How the limit came about where no file writes it: `PostgreSQL's default 100 − 3 reserved`.
    pub limit_because: Option<Shown>,
}

/// A value of a setting that makes the sum fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedProposal {
    /// The setting.
    pub setting: Shown,
    /// Its largest value that fits; for a limit the smallest.
    pub value: u64,
    /// Whether it is the server's limit and not what its clients may open.
    pub is_limit: bool,
}

/// A term in the report.
#[derive(Debug, Clone)]
pub struct ReportedTerm {
    /// Which sum.
    pub side: Side,
    /// Who.
    pub workload: Shown,
    /// What is configured.
    pub pool_name: Shown,
    /// Replicas at peak.
    pub replicas: Interval,
    /// Processes of one replica.
    pub processes: Interval,
    /// Pool ceiling.
    pub pool: Interval,
    /// Product.
    pub product: Interval,
    /// Replicas in a rollout.
    pub rollout_replicas: Interval,
    /// Product in a rollout.
    pub rollout_product: Interval,
    /// Pooler in between.
    pub via: Option<Shown>,
    /// Weakest origin.
    pub origin: &'static str,
    /// Where the factors are written.
    pub evidence: Vec<Place>,
    /// How it was linked.
    pub link: &'static str,
}

/// An item of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckItem {
    /// Stable across pushes, so that ticks can be kept.
    pub id: String,
    /// What to confirm.
    pub text: Shown,
    /// Findings it comes from.
    pub because: Vec<String>,
    /// Whether the merge should wait for it.
    pub required: bool,
}

/// What was read and what was not.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Files on either side: `parsed` and `skipped` together.
    pub files: usize,
    /// Files that were read, wholly, on each side where they are.
    pub parsed: usize,
    /// Files that are the same on both sides.
    pub unchanged: usize,
    /// Files that were not read, or not wholly, once each, with the reasons.
    pub skipped: Vec<(Shown, Shown)>,
    /// What to know about files that were read, or that are no configuration: a key given twice, bytes replaced.
    pub notes: Vec<(Shown, Shown)>,
    /// Values masked.
    pub masked: usize,
    /// Findings suppressed.
    pub suppressed: usize,
    /// Things left out of this output for size.
    pub truncated: usize,
    /// Files with template expressions that were read around.
    pub templated: usize,
}

/// A changed file line by line, masked.
#[derive(Debug, Clone, Default)]
pub struct FileDiff {
    /// Path on the new side, or the old one if it is gone.
    pub path: Shown,
    /// The old path where it differs.
    pub old_path: Option<Shown>,
    /// `modified`, `added`, `removed`, `renamed`.
    pub status: &'static str,
    /// Lines before.
    pub old_lines: usize,
    /// Lines after.
    pub new_lines: usize,
    /// Why there are no hunks, if there is a reason.
    pub skipped: Option<Shown>,
    /// The changed parts with some context.
    pub hunks: Vec<Hunk>,
}

/// A changed part of a file.
#[derive(Debug, Clone, Default)]
pub struct Hunk {
    /// First old line.
    pub old_start: u32,
    /// First new line.
    pub new_start: u32,
    /// Its lines.
    pub lines: Vec<DiffLine>,
}

/// A line of a hunk.
#[derive(Debug, Clone)]
pub struct DiffLine {
    /// `same`, `removed`, `added`.
    pub kind: &'static str,
    /// Line number before.
    pub old: Option<u32>,
    /// Line number after.
    pub new: Option<u32>,
    /// Pieces of text; `true` where the piece differs from the other side's line.
    pub parts: Vec<(Shown, bool)>,
}
