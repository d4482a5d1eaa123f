//! A file that could be read before has a syntax error now.

use crate::declare_rule;
use crate::facts::Facts;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::FileFacts;
use crate::rule::wording::counted;
use crate::rule::{Context, State};
use crate::secret::Shown;
use crate::shown;
use crate::source::SourceId;

declare_rule! {
    /// ## What it finds
    ///
    /// A configuration file with a syntax error that this change brought in, or a new file with one. A file that could not
    /// be read before either is left alone.
    ///
    /// ## Why it hurts
    ///
    /// What reads it stops at the error: the service does not start, or the deployment stops with half of the change
    /// applied. And what the file sets cannot be reviewed.
    ///
    /// ## Example
    ///
    /// ```json before prod/app.json
    /// {"database": {"url": "postgresql://orders@orders-db.prod.example.internal:5432/orders"}}
    /// ```
    ///
    /// ```json after prod/app.json
    /// {"database": {"url": "postgresql://orders@orders-db.prod.example.internal:5432/orders"}
    /// ```
    ///
    /// ```json fixed prod/app.json
    /// {"database": {"url": "postgresql://orders@orders-db.prod.example.internal:5432/orders"}, "log": {}}
    /// ```
    ///
    /// ## What to do
    ///
    /// Mend the syntax at the place shown; the error often stands a line above.
    ///
    /// ## When it is wrong
    ///
    /// For templates whose placeholders are no valid syntax before they are rendered.
    ///
    /// ## References
    ///
    /// - <https://yaml.org/spec/1.2.2/>
    pub(super) static FILE_NO_LONGER_PARSES = "file-no-longer-parses", High, High,
        "A file that could be read before has a syntax error now", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(ctx.files.iter().filter_map(|file| finding(ctx, file)));
}

fn finding(ctx: &Context<'_>, file: &FileFacts) -> Option<Finding> {
    let new = file.new.as_ref().filter(|state| !state.parsed)?;
    let old = if ctx.audit { None } else { file.old.as_ref() };
    if old.is_some_and(|state| !state.parsed) {
        return None;
    }
    let connections = match old {
        Some(state) => connections(ctx.old, state.at.source),
        None => connections(ctx.new, new.at.source),
    };
    let path = ctx.name(&file.path);
    let (severity, title) = match (old, connections) {
        (Some(_), 0) => (Severity::High, shown!("{} cannot be read any more: syntax error", path)),
        (Some(_), n) => (
            Severity::Critical,
            shown!(
                "{} cannot be read any more: syntax error, and it holds {}",
                path,
                counted(n, "connection", "connections")
            ),
        ),
        (None, 0) => (Severity::Low, shown!("{} has a syntax error", path)),
        (None, n) => (
            Severity::Medium,
            shown!("{} has a syntax error, and it holds {}", path, counted(n, "connection", "connections")),
        ),
    };
    let message = match old {
        Some(state) => {
            shown!("{} could be read before and cannot be reviewed now", counted(state.settings, "setting", "settings"))
        }
        None => Shown::of_static("what it sets cannot be reviewed"),
    };
    Some(
        FindingBuilder::new(
            FILE_NO_LONGER_PARSES.name,
            severity,
            Confidence::High,
            new.broken_at.unwrap_or(new.at),
            title,
        )
        .message(message)
        .subject(None, file.environment)
        .symptom(Shown::of_static("the service or the deployment stops with a parse error"))
        .fix(Shown::of_static("mend the syntax at this place; the cause often stands a line above"), None)
        .rollback(shown!("restore {} as it was before", path))
        .build(),
    )
}

/// Addresses, pools and server limits in a file.
fn connections(side: State<'_>, source: SourceId) -> usize {
    let Facts { endpoints, pools, servers, .. } = side.facts;
    let in_file = endpoints.iter().map(|e| e.at.source).chain(pools.iter().map(|p| p.at.source));
    let limits = servers.iter().filter_map(|s| s.limit.at).map(|at| at.source);
    in_file.chain(limits).filter(|s| *s == source).count()
}
