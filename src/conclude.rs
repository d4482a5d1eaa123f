//! From all stages to the report: places become lines, text becomes printable, everything left out is counted.

mod summary;

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::{Factor, ServerBudget, Term, Verdict};
use crate::connection;
use crate::document::Document;
use crate::facts::Origin;
use crate::finding::{Finding, Severity};
use crate::meaning::{ChangeSide, Explained};
use crate::problem::{Problem, ProblemKind};
use crate::report::{
    CheckItem, Coverage, FileDiff, Place, Report, ReportedBudget, ReportedChange, ReportedFinding, ReportedProposal,
    ReportedTerm, Suppression,
};
use crate::rule::names::is_placeholder;
use crate::rule::{Context, State};
use crate::score;
use crate::secret::{MASK, Shown, is_armoured};
use crate::setting::{SettingRef, Standing};
use crate::shown;
use crate::source::{Location, Side, Source, SourceId, Span, fnv1a};
use crate::suppression;
use crate::textdiff;

/// Longest value that is shown whole, in characters; the rest is cut with an ellipsis.
const LONGEST_VALUE: usize = 200;

/// Hosts that are the machine itself, whichever that is.
const LOCAL: [&str; 5] = ["localhost", "127.0.0.1", "0.0.0.0", "::1", "[::1]"];

/// What the stages came to.
#[derive(Debug)]
pub struct Reviewed<'a> {
    /// What the rules saw.
    pub context: &'a Context<'a>,
    /// What they found.
    pub findings: Vec<Finding>,
    /// Documents of the old and the new side.
    pub documents: (&'a [&'a Document], &'a [&'a Document]),
    /// Files that were not given, with the reason.
    pub skipped: Vec<(String, String)>,
    /// What to know beside, with what it is about.
    pub notes: Vec<(String, String)>,
    /// Counts made when the files were taken in.
    pub counted: Counted,
    /// Identities of findings that an audit was told before.
    pub baseline: &'a BTreeSet<String>,
    /// How much of a changed file the line diff shows.
    pub extent: textdiff::Extent,
}

/// Counts made when the files were taken in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted {
    /// Files that are the same on both sides.
    pub unchanged: usize,
}

/// Writes the report.
#[must_use]
pub fn conclude(reviewed: &Reviewed<'_>) -> Report {
    let context = reviewed.context;
    let findings = findings(reviewed);
    let counts: Vec<&ReportedFinding> = findings.iter().filter(|f| f.suppressed.is_none()).collect();
    let level = counts.iter().map(|f| f.severity).filter(|s| *s > Severity::Info).max();
    let coverage = coverage(reviewed, &findings);
    let changes: Vec<ReportedChange> = context.changes.iter().map(|c| change(context, c)).collect();
    Report {
        audit: context.audit,
        score: findings.iter().map(|f| f.points).sum(),
        level,
        summary: summary::summary(context, &findings, changes.len(), &coverage),
        routine: summary::is_routine(context, &findings),
        changes,
        budget: budget(context, &reviewed.findings),
        mistakes: Vec::new(),
        shared: None,
        checklist: checklist(reviewed, &findings),
        coverage,
        files: file_diffs(reviewed),
        findings,
    }
}

fn findings(reviewed: &Reviewed<'_>) -> Vec<ReportedFinding> {
    let context = reviewed.context;
    let redactor = context.redactor;
    let suppressed: Vec<_> = reviewed
        .findings
        .iter()
        .map(|f| suppression::of(context.allowances, context.sources, f, redactor).or_else(|| known(reviewed, f)))
        .collect();
    let counts: Vec<bool> = suppressed.iter().map(Option::is_none).collect();
    let score = score::score(&reviewed.findings, &counts);
    let ids: Vec<String> = reviewed.findings.iter().map(|f| fingerprint(context, f)).collect();
    let rows = reviewed.findings.iter().zip(suppressed).zip(score.parts);
    let mut made: Vec<ReportedFinding> = rows
        .map(|((finding, suppressed), part)| ReportedFinding {
            id: fingerprint(context, finding),
            cause: part.cause.and_then(|lead| ids.get(lead).cloned()),
            rule: finding.rule,
            severity: finding.severity,
            confidence: finding.confidence,
            points: part.points,
            points_because: score::because(finding, part),
            environment: finding.environment,
            title: finding.title.clone(),
            message: finding.message.clone(),
            subject: finding.subject.clone(),
            setting: finding.setting.clone(),
            old: finding.old.clone(),
            new: finding.new.clone(),
            place: place(context, finding.at),
            excerpt: excerpt(context, finding.at),
            evidence: finding.evidence.iter().map(|e| (place(context, e.at), e.text.clone())).collect(),
            symptoms: finding.symptoms.clone(),
            fix: finding.fix.clone(),
            replacement: finding.replacement.clone(),
            rollback: finding.rollback.clone(),
            suppressed,
        })
        .collect();
    let weight = |f: &ReportedFinding| score_order(f);
    made.sort_by(|a, b| weight(a).cmp(&weight(b)).then_with(|| a.place.cmp(&b.place)).then_with(|| a.id.cmp(&b.id)));
    made
}

/// Whether a finding stood in the baseline of an audit.
fn known(reviewed: &Reviewed<'_>, finding: &Finding) -> Option<Suppression> {
    let is_known = reviewed.context.audit && reviewed.baseline.contains(&fingerprint(reviewed.context, finding));
    is_known.then(|| Suppression { by: "baseline", reason: Shown::of_static("it stands in the baseline"), until: None })
}

/// Not suppressed first, then the worst, then the surest, then what weighs most.
fn score_order(
    finding: &ReportedFinding,
) -> (bool, std::cmp::Reverse<(Severity, crate::finding::Confidence, u32)>, &'static str) {
    let worst = std::cmp::Reverse((finding.severity, finding.confidence, finding.points));
    (finding.suppressed.is_some(), worst, finding.rule)
}

fn fingerprint(context: &Context<'_>, finding: &Finding) -> String {
    finding.fingerprint(&context.sources.get(finding.at.source).path)
}

/// Lines and columns of a location. Files that are the same on both sides are kept once, as the new one.
fn place(context: &Context<'_>, at: Location) -> Place {
    let source = context.sources.get(at.source);
    let (start, end) = (source.position(at.span.start), source.position(at.span.end));
    Place {
        file: context.redactor.text(&source.path),
        side: source.side,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn line_of(context: &Context<'_>, at: Location) -> u32 {
    context.sources.get(at.source).position(at.span.start).line
}

/// The first line of a place as it may be printed: secrets masked by their exact bytes and by shape.
fn excerpt(context: &Context<'_>, at: Location) -> Shown {
    let source = context.sources.get(at.source);
    let line = source.line_span(source.position(at.span.start).line);
    let secrets = secret_spans(context, at.source);
    cut(&textdiff::masked_line(source, line, &secrets, context.redactor))
}

/// Bytes of a file that are secrets by their place: whole values and parts of connection strings.
fn secret_spans(context: &Context<'_>, source: SourceId) -> Vec<Span> {
    let mut spans = Vec::new();
    for state in [context.old, context.new] {
        collect_secrets(state, source, &mut spans);
    }
    spans.sort();
    spans.dedup();
    spans
}

fn collect_secrets(state: State<'_>, source: SourceId, spans: &mut Vec<Span>) {
    for (at, meaning) in &state.facts.meanings {
        let setting = state.settings.get(*at);
        if meaning.secret && setting.at.source == source {
            spans.push(setting.at.span);
        }
    }
    let endpoints = state.facts.endpoints.iter().filter(|e| e.at.source == source);
    for part in endpoints.flat_map(|e| &e.parts).filter(|p| p.text.is_none() && p.at.source == source) {
        spans.push(part.at.span);
    }
}

fn cut(text: &Shown) -> Shown {
    text.shortened(LONGEST_VALUE)
}

fn change(context: &Context<'_>, change: &Explained) -> ReportedChange {
    let value = |side: &Option<ChangeSide>, state: State<'_>| side.as_ref().map(|s| value(context, state, change, s));
    let line = |side: &Option<ChangeSide>| side.as_ref().map(|s| line_of(context, s.at));
    let at = change.new.as_ref().or(change.old.as_ref()).map(|s| s.at);
    ReportedChange {
        kind: change.kind,
        file: at.map(|at| context.redactor.text(&context.sources.get(at.source).path)).unwrap_or_default(),
        path: context.redactor.text(&change.path),
        old_file: old_file(context, change),
        old_path: change.old_path.as_deref().map(|p| context.redactor.text(p)),
        old: value(&change.old, context.old),
        new: value(&change.new, context.new),
        old_line: line(&change.old),
        new_line: line(&change.new),
        role: change.role.as_deref().map(|r| context.redactor.text(r)),
        subject: change.subject.as_deref().map(|s| context.redactor.text(s)),
    }
}

/// The file on the old side, where that was another.
fn old_file(context: &Context<'_>, change: &Explained) -> Option<Shown> {
    let path = |side: &Option<ChangeSide>| side.as_ref().map(|s| context.sources.get(s.at.source).path.as_str());
    let (was, is) = (path(&change.old)?, path(&change.new)?);
    (was != is).then(|| context.redactor.text(was))
}

/// A value as it may be printed. A connection string keeps everything but its secret parts.
fn value(context: &Context<'_>, state: State<'_>, change: &Explained, side: &ChangeSide) -> Shown {
    if side.secret {
        return Shown::of_static(MASK);
    }
    if let Some(block) = opaque(&side.text) {
        return block;
    }
    let endpoint = state.facts.meanings.get(&side.setting).and_then(|m| m.endpoint);
    let endpoint = endpoint.and_then(|i| state.facts.endpoints.get(i)).filter(|e| e.setting == side.setting);
    if connection::is_too_long(&side.text, Some(&change.logical)) {
        return shown!("(connection string of {} bytes, not shown)", side.text.len());
    }
    let whole = side.at == state.settings.get(side.setting).at;
    match endpoint.and_then(|e| e.string.as_ref()).filter(|_| whole) {
        Some(string) => cut(&context.redactor.text(&string.redacted(&side.text))),
        None => cut(&context.redactor.value(&change.logical, &side.text)),
    }
}

/// What is said of an address that nobody can have written.
const TOO_LONG: &str = "a connection string of more than 64 KiB; not read, so its parts are neither compared nor \
                        counted; shorten it, or keep its parameters in a file";
const _: () = assert!(connection::MAX_TEXT == 64 * 1024, "the message names the bound");

/// From this length on a text of base64 is a file and no value.
const LONG_BASE64: usize = 200;

/// What stands for a certificate, a key or a file in base64: nobody reads those, and nobody needs to.
fn opaque(text: &str) -> Option<Shown> {
    if is_armoured(text) {
        return Some(Shown::of_static("(certificate or key, not shown)"));
    }
    let packed = || text.chars().filter(|c| !c.is_whitespace());
    let is_base64 = text.len() >= LONG_BASE64
        && packed().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_'))
        && !text.trim().contains(' ');
    is_base64.then(|| shown!("(base64 of {} characters, not shown)", packed().count()))
}

fn budget(context: &Context<'_>, findings: &[Finding]) -> Vec<ReportedBudget> {
    let mut rows: Vec<&ServerBudget> = context.budget.iter().filter(|row| is_real(context, findings, row)).collect();
    rows.sort_by(|a, b| gravity(b.verdict).cmp(&gravity(a.verdict)).then_with(|| a.server.cmp(&b.server)));
    rows.into_iter().map(|row| reported_budget(context, row)).collect()
}

/// Whether a server is worth a sum: not where its name stands for no server (`localhost`, a placeholder, a host that a
/// finding calls a slip), unless a file or the policy tells its limit.
fn is_real(context: &Context<'_>, findings: &[Finding], row: &ServerBudget) -> bool {
    let servers = [context.old.facts, context.new.facts].into_iter().flat_map(|facts| &facts.servers);
    let mut same = servers.filter(|server| server.id == row.server).peekable();
    if same.peek().is_none() {
        return true;
    }
    !same.all(|server| {
        let is_unknown = matches!(server.limit.origin, Origin::Unknown(_)) && server.at.is_none();
        is_unknown && !server.hosts.is_empty() && server.hosts.iter().all(|host| is_no_server(findings, host))
    })
}

fn is_no_server(findings: &[Finding], host: &str) -> bool {
    let is_slip = |f: &Finding| {
        let new = f.new.as_ref().map(|new| new.as_str().to_ascii_lowercase());
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        f.rule == "host-typo" && new.is_some_and(|new| new.split(|c| !is_name(c)).any(|name| name == host))
    };
    LOCAL.contains(&host) || is_placeholder(host) || findings.iter().any(is_slip)
}

/// How much a reader wants to see a verdict first.
fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::OverCertain => 11,
        Verdict::Refused => 10,
        Verdict::OverPeak => 9,
        Verdict::OverRollout => 8,
        Verdict::LimitShrunk => 7,
        Verdict::Starved => 6,
        Verdict::OverFailover => 5,
        Verdict::Near => 4,
        Verdict::OverStrict => 3,
        Verdict::PreExisting => 2,
        Verdict::CannotTell => 1,
        Verdict::Fits => 0,
    }
}

fn reported_budget(context: &Context<'_>, row: &ServerBudget) -> ReportedBudget {
    let text = |t: &String| context.redactor.text(t);
    ReportedBudget {
        server: text(&row.server),
        engine: row.engine,
        verdict: row.verdict,
        before: row.before,
        after: row.after,
        terms: row.terms.iter().map(|t| term(context, t)).collect(),
        unknowns: row.unknowns.iter().map(text).collect(),
        proposal: proposal(context, row),
        could_be: row.could_be.iter().map(text).collect(),
        limit_at: row.limit_at.map(|at| place(context, at)),
        limit_because: limit_because(context, row),
    }
}

fn proposal(context: &Context<'_>, row: &ServerBudget) -> Option<ReportedProposal> {
    let proposal = row.proposal.as_ref()?;
    Some(ReportedProposal {
        setting: context.redactor.text(&proposal.setting),
        value: proposal.value,
        is_limit: proposal.factor == Factor::Limit,
    })
}

/// Where the usable connections come from, if no file says it.
fn limit_because(context: &Context<'_>, row: &ServerBudget) -> Option<Shown> {
    if let Some(pooler) = &row.pooler {
        let one = pooler.pods.known() == Some(1);
        return Some(shown!(
            "clients that {} of {} ({}) {}, which may open {} connections to servers",
            if one { "the one process" } else { "all processes" },
            context.redactor.text(&pooler.product),
            pooler.mode.as_str(),
            if one { "takes" } else { "take" },
            pooler.server_cap
        ));
    }
    let server = context.new.facts.servers.iter().find(|server| server.id == row.server)?;
    let limit = server.limit.value.known()?;
    let told = match &server.limit.origin {
        Origin::Default(whose) | Origin::Table(whose) | Origin::Assumed(whose) => {
            shown!("{}: {}", context.redactor.text(whose), limit)
        }
        Origin::Declared => shown!("told in plimsoll.toml: {}", limit),
        Origin::Literal | Origin::Unknown(_) => return None,
    };
    Some(match server.reserved.value.known() {
        Some(0) | None => told,
        Some(reserved) => shown!("{} − {} reserved", told, reserved),
    })
}

fn term(context: &Context<'_>, term: &Term) -> ReportedTerm {
    ReportedTerm {
        side: term.side,
        workload: context.redactor.text(&term.workload),
        pool_name: context.redactor.text(&term.pool_name),
        replicas: term.replicas,
        processes: term.processes,
        pool: term.pool,
        product: term.product,
        rollout_replicas: term.rollout_replicas,
        rollout_product: term.rollout_product,
        via: term.via.as_deref().map(|v| context.redactor.text(v)),
        origin: term.origin.as_str(),
        evidence: term.evidence.iter().map(|(_, at)| place(context, *at)).collect(),
        link: term.link,
    }
}

/// One item a question; several findings that ask the same are one item.
fn checklist(reviewed: &Reviewed<'_>, findings: &[ReportedFinding]) -> Vec<CheckItem> {
    let counts: BTreeMap<&str, &ReportedFinding> =
        findings.iter().filter(|f| f.suppressed.is_none()).map(|f| (f.id.as_str(), f)).collect();
    let rank: BTreeMap<&str, usize> = findings.iter().enumerate().map(|(i, f)| (f.id.as_str(), i)).collect();
    let mut asked: BTreeMap<String, (usize, CheckItem)> = BTreeMap::new();
    for finding in &reviewed.findings {
        let id = fingerprint(reviewed.context, finding);
        let (Some(question), Some(reported)) = (&finding.question, counts.get(id.as_str())) else { continue };
        let required = reported.severity >= Severity::Medium;
        let order = rank.get(id.as_str()).copied().unwrap_or(usize::MAX);
        let entry = asked.entry(question.as_str().to_owned()).or_insert_with(|| {
            let text = format!("{}\u{1f}{}", finding.rule, question.as_str());
            let item = CheckItem {
                id: format!("{:016x}", fnv1a(text.as_bytes())),
                text: question.clone(),
                because: Vec::new(),
                required: false,
            };
            (order, item)
        });
        entry.0 = entry.0.min(order);
        entry.1.required |= required;
        entry.1.because.push(id);
    }
    let mut items: Vec<(usize, CheckItem)> = asked.into_values().collect();
    items.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    items.into_iter().map(|(_, item)| item).collect()
}

fn coverage(reviewed: &Reviewed<'_>, findings: &[ReportedFinding]) -> Coverage {
    let context = reviewed.context;
    let text = |t: &str| context.redactor.text(t);
    let mut remarks = Remarks::default();
    reviewed.skipped.iter().for_each(|(path, reason)| remarks.skip(text(path), text(reason)));
    let mut notes: Vec<(Shown, Shown)> = reviewed.notes.iter().map(|(about, note)| (text(about), text(note))).collect();
    let mut seen = BTreeSet::new();
    let mut templated = BTreeSet::new();
    for document in reviewed.documents.0.iter().chain(reviewed.documents.1) {
        let source = context.sources.get(document.source);
        let path = text(&source.path);
        for problem in source.problems.iter().chain(&document.problems) {
            remarks.problem(context, source, problem);
        }
        if document.templated > 0 {
            templated.insert(path.clone());
        }
        seen.insert(path);
    }
    for settings in [context.old.settings, context.new.settings] {
        for (source, problem) in &settings.problems {
            remarks.problem(context, context.sources.get(*source), problem);
        }
        for (_, _, setting) in
            settings.iter().filter(|(.., s)| connection::is_too_long(&s.value.text, Some(&s.logical)))
        {
            let problem = Problem::at(ProblemKind::TooLarge, TOO_LONG, setting.at.span);
            remarks.problem(context, context.sources.get(setting.at.source), &problem);
        }
    }
    notes.extend(remarks.notes.iter().flat_map(|(path, said)| said.iter().map(|s| (path.clone(), s.text()))));
    let parsed = seen.iter().filter(|path| !remarks.skipped.contains_key(path)).count();
    Coverage {
        files: parsed + remarks.skipped.len(),
        parsed,
        unchanged: reviewed.counted.unchanged,
        skipped: remarks.skipped.into_iter().map(|(path, reasons)| (path, joined(&reasons))).collect(),
        notes,
        masked: masked(context.new),
        suppressed: findings.iter().filter(|f| f.suppressed.is_some()).count(),
        truncated: 0,
        templated: templated.len(),
    }
}

/// What is said about files: those that were not read, or not wholly, and what to know about the others.
#[derive(Default)]
struct Remarks {
    skipped: BTreeMap<Shown, Vec<Remark>>,
    notes: BTreeMap<Shown, Vec<Remark>>,
}

/// Something about a file. Said of the old side and of the new one it is said once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Remark {
    what: Shown,
    line: Option<u32>,
    side: Side,
}

impl Remarks {
    fn skip(&mut self, path: Shown, reason: Shown) {
        add(&mut self.skipped, path, Remark { what: reason, line: None, side: Side::New });
    }

    fn problem(&mut self, context: &Context<'_>, source: &Source, problem: &Problem) {
        let remark = Remark {
            what: context.redactor.text(&problem.message),
            line: problem.span.map(|span| source.position(span.start).line),
            side: source.side,
        };
        let list = match problem.kind {
            // All of the file was read.
            ProblemKind::DuplicateKey | ProblemKind::Encoding | ProblemKind::NotApplied => &mut self.notes,
            ProblemKind::Syntax
            | ProblemKind::Templated
            | ProblemKind::NotText
            | ProblemKind::TooLarge
            | ProblemKind::UnknownFormat => &mut self.skipped,
        };
        add(list, context.redactor.text(&source.path), remark);
    }
}

/// Adds what was not said yet. The old side comes first, so what the new side says too replaces it.
fn add(list: &mut BTreeMap<Shown, Vec<Remark>>, path: Shown, remark: Remark) {
    /// What is said of one file at the most; a file of nothing but slips is said to have many.
    const MOST_SAID: usize = 200;
    let said = list.entry(path).or_default();
    if said.len() > MOST_SAID || said.contains(&remark) {
        return;
    }
    if said.len() == MOST_SAID {
        let what = Shown::of_static("and more of this kind");
        return said.push(Remark { what, line: None, side: remark.side });
    }
    match said.iter_mut().find(|s| s.side == Side::Old && remark.side == Side::New && s.what == remark.what) {
        Some(same) => *same = remark,
        None => said.push(remark),
    }
}

impl Remark {
    fn text(&self) -> Shown {
        let old = if self.side == Side::Old { shown!(" (before the change)") } else { Shown::default() };
        match self.line {
            Some(line) => shown!("line {}: {}{}", line, self.what, old),
            None => shown!("{}{}", self.what, old),
        }
    }
}

/// The first reasons why a file was not read, and how many more there are.
fn joined(reasons: &[Remark]) -> Shown {
    const NAMED: usize = 3;
    let named: Vec<Shown> = reasons.iter().take(NAMED).map(Remark::text).collect();
    let named = Shown::join(&named, "; ");
    match reasons.len().saturating_sub(NAMED) {
        0 => named,
        n => shown!("{}; and {} more", named, n),
    }
}

fn masked(state: State<'_>) -> usize {
    // What a layer makes of a value is the same value.
    let written = |at: SettingRef| state.settings.resource_of(at).standing != Standing::Effective;
    let whole = state.facts.meanings.iter().filter(|(at, m)| m.secret && written(**at)).count();
    let in_strings = state.facts.endpoints.iter().filter(|e| e.string.is_some() && written(e.setting));
    whole + in_strings.flat_map(|e| &e.parts).filter(|p| p.text.is_none()).count()
}

fn file_diffs(reviewed: &Reviewed<'_>) -> Vec<FileDiff> {
    let context = reviewed.context;
    let by_path = |documents: &[&Document]| -> BTreeMap<String, SourceId> {
        documents.iter().map(|d| (context.sources.get(d.source).path.clone(), d.source)).collect()
    };
    let (old, new) = (by_path(reviewed.documents.0), by_path(reviewed.documents.1));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let diff = |path: &String| {
        let (before, after) = (old.get(path).copied(), new.get(path).copied());
        if before == after {
            return None;
        }
        let secrets = |id: Option<SourceId>| id.map(|id| secret_spans(context, id)).unwrap_or_default();
        let source = |id: Option<SourceId>| id.map(|id| context.sources.get(id));
        let spans = (secrets(before), secrets(after));
        Some(textdiff::file_diff(
            source(before),
            source(after),
            context.redactor,
            (&spans.0, &spans.1),
            reviewed.extent,
        ))
    };
    if context.audit { Vec::new() } else { paths.into_iter().filter_map(diff).collect() }
}
