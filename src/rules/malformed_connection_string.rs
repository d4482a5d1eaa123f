//! A connection string that its client cannot read as it is meant.

use crate::connection::{ConnectionString, Fault, FaultKind};
use crate::declare_rule;
use crate::facts::{Endpoint, EndpointPart};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, addresses};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// Faults that a change brings into a connection string: a misspelt scheme, missing slashes, a port that is no number,
    /// a password with characters that must be escaped, blanks in a host; and the same in hosts and ports that stand in
    /// keys of their own.
    ///
    /// ## Why it hurts
    ///
    /// Some clients refuse such a string when they start. Others read it in another way than it was meant, and connect to a
    /// host or database that nobody wrote.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:54E2/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:6432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Write it as the dialect wants it; the message names the fault. Reserved characters of a password are
    /// percent-encoded in a URL and quoted in a list of keywords.
    ///
    /// ## When it is wrong
    ///
    /// For a notation of one client that Plimsoll takes for another's.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>
    /// - <https://www.rfc-editor.org/rfc/rfc3986>
    pub(super) static MALFORMED_CONNECTION_STRING = "malformed-connection-string", High, High,
        "A connection string that its client cannot read as it is meant", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        match &address.new.string {
            Some(string) => out.extend(of_string(ctx, &address, string)),
            None => out.extend(of_keys(ctx, &address)),
        }
    }
    out.extend(ctx.changes.iter().filter_map(|change| lost(ctx, change)));
}

/// Faults that the string did not have before. Several in one string are one finding, by the worst.
fn of_string(ctx: &Context<'_>, address: &Address<'_>, string: &ConnectionString) -> Option<Finding> {
    let old = address.old.and_then(|e| e.string.as_ref());
    let had = |fault: &Fault| {
        old.is_some_and(|o| o.faults.iter().any(|f| f.kind == fault.kind && f.message == fault.message))
    };
    let new: Vec<&Fault> = string.faults.iter().filter(|f| !is_a_parameter_s(f.kind) && !had(f)).collect();
    let worst = new.iter().max_by_key(|f| (severity(f.kind, string), std::cmp::Reverse(f.range.start)))?;
    let severity = if address.old.is_some() || address.in_known_file {
        severity(worst.kind, string)
    } else {
        severity(worst.kind, string).lowered()
    };
    let setting = ctx.new.settings.get(address.new.setting);
    let at = setting.value.place(worst.range.clone(), setting.at.source);
    let key = ctx.name(address.key());
    let title = shown!("{} is malformed: {}", key, ctx.name(&worst.message));
    let message = match new.len() {
        1 => Shown::of_static(consequence(worst.kind)),
        n => shown!(
            "{} and {} more; {}",
            ctx.name(&worst.message),
            wording::counted(n - 1, "fault", "faults"),
            consequence(worst.kind)
        ),
    };
    let builder = FindingBuilder::new(MALFORMED_CONNECTION_STRING.name, severity, confidence(worst.kind), at, title)
        .message(message)
        .subject(address.subject(ctx), address.environment())
        .setting(key.clone(), address.old.map(|o| whole(ctx, o, false)), Some(whole(ctx, address.new, true)))
        .symptom(Shown::of_static(symptom(string)))
        .fix(shown!("{}", ctx.name(&worst.message)), None)
        .rollback(wording::set_back(&key, address.old.map(|o| whole(ctx, o, false)).as_ref()))
        .discriminator(ctx.name(&worst.message));
    Some(builder.build())
}

/// A connection string as it may be printed.
fn whole(ctx: &Context<'_>, endpoint: &Endpoint, new: bool) -> Shown {
    let side = if new { ctx.new } else { ctx.old };
    let setting = side.settings.get(endpoint.setting);
    match &endpoint.string {
        Some(string) => ctx.redactor.value(&setting.logical, &string.redacted(&setting.value.text)),
        None => ctx.redactor.value(&setting.logical, &setting.value.text),
    }
}

/// Names of parameters have rules of their own.
fn is_a_parameter_s(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::UnknownParameter | FaultKind::ParameterCase)
}

fn severity(kind: FaultKind, string: &ConnectionString) -> Severity {
    match kind {
        FaultKind::StrayDot if string.hosts.iter().any(|server| is_absolute(&server.host.text)) => Severity::Low,
        FaultKind::StrayDot => Severity::Medium,
        // Capitals and ignored logins work in many clients.
        FaultKind::SchemeCase | FaultKind::UserInfoIgnored | FaultKind::RefusedBySome => Severity::Low,
        _ => Severity::High,
    }
}

/// A name inside a cluster that ends in a dot: written so on purpose, to spare the resolver its search list.
fn is_absolute(host: &str) -> bool {
    host.strip_suffix('.').is_some_and(|name| name.ends_with(".svc") || name.ends_with(".local"))
}

fn confidence(kind: FaultKind) -> Confidence {
    match kind {
        FaultKind::UserInfoIgnored => Confidence::Medium,
        _ => Confidence::High,
    }
}

fn consequence(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::UnescapedPassword | FaultKind::BadEscape => {
            "clients disagree where the password ends; some take the rest of it for the host and print it in their error"
        }
        FaultKind::EmptyHost => "without a host most clients connect to the local machine",
        FaultKind::WrongSeparator | FaultKind::NotAPair => "the rest is taken for a part of the value before it",
        _ => "clients refuse it when they start, or read it in another way than it was meant",
    }
}

fn symptom(string: &ConnectionString) -> &'static str {
    match string.dialect.id {
        id if id.starts_with("jdbc") => "Driver claims to not accept jdbcUrl; Unable to parse URL",
        id if id.starts_with("ado-net") => "Format of the initialization string does not conform to specification",
        id if id.starts_with("libpq") => "missing \"=\" in connection info string; invalid port number",
        _ => "the client fails at start: invalid connection string",
    }
}

/// Hosts and ports in keys of their own.
fn of_keys(ctx: &Context<'_>, address: &Address<'_>) -> Vec<Finding> {
    let bad =
        |part: &EndpointPart| part.text.as_deref().filter(|t| is_literal(t)).and_then(|t| fault_of(&part.role, t));
    let was_bad = |role: &str| address.old.and_then(|o| crate::rule::addresses::part(o, role)).and_then(bad).is_some();
    let faulty = address.new.parts.iter().filter_map(|part| Some((part, bad(part)?)));
    faulty.filter(|(part, _)| !was_bad(&part.role)).map(|(part, fault)| of_key(ctx, address, part, fault)).collect()
}

fn of_key(ctx: &Context<'_>, address: &Address<'_>, part: &EndpointPart, fault: &'static str) -> Finding {
    let old = address.old.and_then(|o| crate::rule::addresses::part(o, &part.role));
    let d = Difference { old, new: Some(part) };
    let key = address.key_of(ctx, &d);
    let was = d.was().map(|t| ctx.name(t));
    let certain = fault != DOT_AT_END && (address.old.is_some() || address.in_known_file);
    let severity = if certain { Severity::High } else { Severity::Medium };
    FindingBuilder::new(
        MALFORMED_CONNECTION_STRING.name,
        severity,
        Confidence::High,
        part.at,
        shown!("{} is malformed: {}", key, fault),
    )
    .message(Shown::of_static("clients refuse the value when they start, or look for a host of that exact spelling"))
    .subject(address.subject(ctx), address.environment())
    .setting(key.clone(), was.clone(), d.is().map(|t| ctx.name(t)))
    .symptom(wording::no_such_host(address.new))
    .fix(shown!("mend the value: {}", fault), was.clone())
    .rollback(wording::set_back(&key, was.as_ref()))
    .build()
}

const DOT_AT_END: &str = "a dot at the end of a host, without which certificates are issued";

/// What is wrong with a part that stands alone.
fn fault_of(role: &str, text: &str) -> Option<&'static str> {
    let trimmed = text.trim();
    let edges = trimmed.len() < text.trim_matches(['\n', '\r']).len();
    match role {
        "host" | "port" | "database" | "user" if edges && !trimmed.is_empty() => {
            Some("white space around the value is part of it")
        }
        "port" if trimmed.is_empty() => None,
        "port" => (!trimmed.parse::<u32>().is_ok_and(|p| (1..=65535).contains(&p)))
            .then_some("a port is a number from 1 to 65535"),
        "host" if trimmed.contains(char::is_whitespace) && !trimmed.contains(',') => Some("white space inside a host"),
        "host" if trimmed.contains("..") => Some("two dots in a row in a host"),
        "host" if trimmed.len() > 1 && trimmed.ends_with('.') && !is_absolute(trimmed) => Some(DOT_AT_END),
        _ => None,
    }
}

/// A value that was a connection string and still looks like one, but cannot be read as any.
fn lost(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return None };
    let before = ctx.old.facts.endpoints.get(change.endpoints.0?)?;
    let string = before.string.as_ref().filter(|_| change.endpoints.1.is_none())?;
    let text = new.text.trim();
    let scheme = string.scheme.text.split(':').next().unwrap_or_default();
    let looks_alike = text.contains("://") || !scheme.is_empty() && text.starts_with(scheme);
    let elsewhere = ["http://", "https://", "file:", "arn:"].iter().any(|s| text.starts_with(s));
    if !looks_alike || elsewhere || !is_literal(text) {
        return None;
    }
    let key = ctx.name(&change.logical);
    let was = ctx.redactor.value(&change.logical, &string.redacted(&old.text));
    Some(
        FindingBuilder::new(
            MALFORMED_CONNECTION_STRING.name,
            Severity::High,
            Confidence::Medium,
            new.at,
            shown!("{} was a connection string and cannot be read as one any more", key),
        )
        .message(Shown::of_static("no known dialect accepts the new text; clients refuse it when they start"))
        .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
        .setting(key.clone(), Some(was.clone()), Some(ctx.redactor.value(&change.logical, text)))
        .symptom(Shown::of_static(symptom(string)))
        .fix(shown!("compare with the old value: {}", was), None)
        .rollback(wording::set_back(&key, Some(&was)))
        .build(),
    )
}

#[cfg(test)]
mod tests {
    use super::fault_of;

    #[test]
    fn parts_that_stand_alone_are_looked_at() {
        assert!(
            fault_of("port", "33O6").is_some()
                && fault_of("port", "0").is_some()
                && fault_of("port", "70000").is_some()
        );
        assert!(fault_of("host", "db.example ").is_some() && fault_of("host", "db..example").is_some());
        assert!(
            fault_of("port", "5432").is_none()
                && fault_of("host", "db.example").is_none()
                && fault_of("user", "app").is_none()
        );
    }
}
