//! Parameters of connection strings: which are new, what their clients do with a name they do not know, and how a doubt
//! becomes a finding.
//!
//! In: addresses of both sides. Out: places, words and findings for the rules about parameters. What is doubtful is decided
//! in `connection`; what was so before is left out here.

use crate::connection::{ConnectionString, Doubt, DoubtKind};
use crate::facts::{Endpoint, EndpointPart};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::parameter::{Param, ParamRole, Reader, Unknown};
use crate::rule::addresses::{Address, addresses};
use crate::rule::wording;
use crate::rule::{Context, Rule};
use crate::secret::Shown;
use crate::shown;
use crate::source::Location;

/// The name of a parameter without the number of its repetition; `None` for other parts.
pub(crate) fn name_of(part: &EndpointPart) -> Option<&str> {
    let name = part.role.strip_prefix("param:")?;
    Some(name.split('[').next().unwrap_or(name))
}

/// The part of a parameter; of several the last, which counts for most clients.
pub(crate) fn part_named<'a>(endpoint: &'a Endpoint, name: &str) -> Option<&'a EndpointPart> {
    endpoint.parts.iter().rev().find(|part| name_of(part).is_some_and(|n| n.eq_ignore_ascii_case(name)))
}

/// The part of a parameter with one of these roles.
pub(crate) fn part_with(endpoint: &Endpoint, role: ParamRole) -> Option<(&EndpointPart, &'static Param)> {
    let dialect = endpoint.string.as_ref()?.dialect;
    let about = |part: &EndpointPart| dialect.about(name_of(part)?).find(|about| about.role == role);
    endpoint.parts.iter().find_map(|part| Some((part, about(part)?)))
}

/// Whether a known parameter stands there with a slip in its name, which the rule about names tells.
pub(crate) fn is_misspelt(endpoint: &Endpoint, meant: &str) -> bool {
    let Some(string) = &endpoint.string else { return false };
    let unknown = |name: &str| !string.dialect.about(name).any(|_| true);
    let mut names = endpoint.parts.iter().filter_map(name_of);
    names.any(|name| unknown(name) && string.nearest_parameter(name) == Some(meant))
}

/// What the clients of a notation do with a name that they do not know: `pgjdbc ignores it without a word`.
pub(crate) fn fate(string: &ConnectionString) -> Option<Shown> {
    const FATES: [(Unknown, &str, &str); 4] = [
        (Unknown::Refused, "refuses it", "refuse it"),
        (Unknown::Server, "sends it to the server, which refuses it", "send it to the server, which refuses it"),
        (Unknown::Warned, "drops it with a warning", "drop it with a warning"),
        (Unknown::Ignored, "ignores it without a word", "ignore it without a word"),
    ];
    let tell = |(fate, one, many): (Unknown, &'static str, &'static str)| {
        let who: Vec<&Reader> = string.dialect.readers().filter(|r| r.unknown == fate).collect();
        let names: Vec<Shown> = who.iter().map(|r| Shown::of_static(r.name)).collect();
        let done = match names.as_slice() {
            [] => return None,
            [name] => shown!("{} {}", name, one),
            [rest @ .., last] => shown!("{} and {} {}", Shown::join(rest, ", "), last, many),
        };
        Some(shown!("{}{}", done, words(&who)))
    };
    let told: Vec<Shown> = FATES.into_iter().filter_map(tell).collect();
    (!told.is_empty()).then(|| Shown::join(&told, "; "))
}

/// The driver's own words, where all that refuse say the same.
fn words(who: &[&Reader]) -> Shown {
    match who.first().filter(|first| !first.says.is_empty() && who.iter().all(|r| r.says == first.says)) {
        Some(first) => shown!(" ({})", first.says),
        None => Shown::default(),
    }
}

/// Whether every client refuses a name that it does not know, or has the server refuse it.
pub(crate) fn is_refused(string: &ConnectionString) -> bool {
    let mut readers = string.dialect.readers().peekable();
    readers.peek().is_some() && readers.all(|r| matches!(r.unknown, Unknown::Refused | Unknown::Server))
}

/// Whether an address is worth its full severity: what stands in a file that is new as a whole replaces nothing.
pub(crate) fn weighed(address: &Address<'_>, severity: Severity) -> Severity {
    if address.old.is_some() || address.in_known_file { severity } else { severity.lowered() }
}

/// Doubts of one kind that a change brings in, each as a finding of `rule`.
pub(crate) fn findings(ctx: &Context<'_>, rule: &Rule, kind: DoubtKind, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        let Some(string) = &address.new.string else { continue };
        let old = address.old.and_then(|e| e.string.as_ref()).map(ConnectionString::doubts).unwrap_or_default();
        let was_there = |d: &Doubt| old.iter().any(|o| o.kind == d.kind && o.message == d.message);
        let doubts = string.doubts().into_iter().filter(|d| d.kind == kind && !was_there(d));
        out.extend(doubts.map(|doubt| finding(ctx, rule, &address, &doubt)));
    }
}

fn finding(ctx: &Context<'_>, rule: &Rule, address: &Address<'_>, doubt: &Doubt) -> Finding {
    let part = part_named(address.new, &doubt.name);
    let key = ctx.name(address.key());
    let text = |part: Option<&EndpointPart>| part.and_then(|p| p.text.as_deref()).map(|t| ctx.name(t));
    let was = address.old.and_then(|old| text(part_named(old, &doubt.name)));
    let at = part.map_or(address.new.at, |p| p.at);
    let message = ctx.name(&doubt.message);
    FindingBuilder::new(
        rule.name,
        weighed(address, severity(address, doubt)),
        Confidence::Medium,
        at,
        shown!("{}: {}", key, message),
    )
    .message(Shown::of_static(consequence(doubt)))
    .subject(address.subject(ctx), address.environment())
    .setting(key.clone(), was.clone(), text(part))
    .symptom(Shown::of_static(symptom(doubt)))
    .fix(message.clone(), None)
    .rollback(wording::set_back(&shown!("{} of {}", ctx.name(&doubt.name), key), was.as_ref()))
    .discriminator(message)
    .build()
}

fn severity(address: &Address<'_>, doubt: &Doubt) -> Severity {
    let about = address.new.string.as_ref().and_then(|s| s.dialect.about(&doubt.name).next());
    let is_mode = about.is_some_and(|p| p.role == ParamRole::TlsMode);
    match doubt.kind {
        // A mode that is none: the client does not start, or takes its default.
        DoubtKind::Value if doubt.grave && is_mode => Severity::High,
        DoubtKind::Value | DoubtKind::Contradiction if !doubt.grave => Severity::Low,
        _ => Severity::Medium,
    }
}

fn consequence(doubt: &Doubt) -> &'static str {
    match doubt.kind {
        DoubtKind::Repeated => "which of the two counts differs between clients, and readers see the wrong one",
        DoubtKind::Contradiction if doubt.grave => "one of the two has no effect, or the client refuses both",
        DoubtKind::Contradiction => "one of the two has no effect",
        DoubtKind::Unit if doubt.grave => "a wait of some milliseconds ends before the server can answer",
        DoubtKind::Unit => "a wait of hours is no limit: a server that does not answer holds every thread that asks it",
        DoubtKind::Value if doubt.grave => "strict clients refuse the value; others take their default without a word",
        DoubtKind::Value => "some clients of this notation refuse it",
    }
}

fn symptom(doubt: &Doubt) -> &'static str {
    match doubt.kind {
        DoubtKind::Repeated | DoubtKind::Contradiction => "often none: the other value holds",
        DoubtKind::Unit if doubt.grave => "every connection fails: connect timed out",
        DoubtKind::Unit => "the service hangs instead of failing",
        DoubtKind::Value => "the client fails at start: invalid value",
    }
}

/// Where a parameter's name stands that the string's own range tells.
pub(crate) fn place(ctx: &Context<'_>, endpoint: &Endpoint, name: &str, range: std::ops::Range<usize>) -> Location {
    let setting = ctx.new.settings.get(endpoint.setting);
    // An option of a command line is only a piece of its setting; the part knows its own place.
    if setting.at == endpoint.at {
        return setting.value.place(range, setting.at.source);
    }
    part_named(endpoint, name).map_or(endpoint.at, |part| part.at)
}
