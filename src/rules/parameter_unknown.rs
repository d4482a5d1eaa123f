//! A parameter of a connection string that no client of its notation is known to read.

use crate::connection::ConnectionString;
use crate::declare_rule;
use crate::facts::EndpointPart;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::parameter;
use crate::rule::Context;
use crate::rule::addresses::{Address, addresses};
use crate::rule::names::is_literal;
use crate::rule::parameters::{fate, is_refused, name_of, part_named, weighed};
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A parameter that a change brings in, that its client does not know and that is near to none it knows: usually another
    /// driver's (`useSSL` in a PostgreSQL URI, `pool_size` for libpq).
    ///
    /// ## Why it hurts
    ///
    /// Clients that are strict refuse the string when they start (ADO.NET, libpq); the others ignore it, so the limit or check
    /// that it stands for does not exist. Only what every client refuses is reported above low.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: Host=orders-db.prod.example.internal;Database=orders;Username=orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: Host=orders-db.prod.example.internal;Database=orders;Username=orders;useServerPrepStmts=true
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: Host=orders-db.prod.example.internal;Database=orders;Username=orders;Max Auto Prepare=10
    /// ```
    ///
    /// ## What to do
    ///
    /// Take it out, or write what this client calls it.
    ///
    /// ## When it is wrong
    ///
    /// For a parameter that a new version of a driver knows and Plimsoll does not yet.
    ///
    /// ## References
    ///
    /// - <https://www.npgsql.org/doc/connection-string-parameters.html>
    pub(super) static PARAMETER_UNKNOWN = "parameter-unknown", Low, Medium,
        "A parameter of a connection string that no client of its notation is known to read", check;
}

/// As many parameters of a string are looked at; the longest real ones have some thirty.
const MOST_PARAMS: usize = 100;

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        let Some(string) = &address.new.string else { continue };
        let stood = |name: &str| address.old.is_some_and(|old| part_named(old, name).is_some());
        let named = address.new.parts.iter().filter_map(|part| Some((part, name_of(part)?))).take(MOST_PARAMS);
        let unknown = named.filter(|(part, name)| !stood(name) && part.text.is_some() && is_unknown(string, name));
        out.extend(unknown.filter_map(|(part, name)| finding(ctx, &address, string, part, name)));
    }
}

/// Whether no client of the notation has the name, and none has one like it.
fn is_unknown(string: &ConnectionString, name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b" _-.".contains(&b)) && name.len() > 2;
    plain && is_literal(name) && string.dialect.readers().next().is_some() && !string.knows_parameter(name)
}

fn finding(
    ctx: &Context<'_>,
    address: &Address<'_>,
    string: &ConnectionString,
    part: &EndpointPart,
    name: &str,
) -> Option<Finding> {
    let foreign = parameter::is_known(name);
    let severity = match (string.dialect.strict, is_refused(string), foreign) {
        (true, _, _) => Severity::Medium,
        (_, true, true) | (_, false, true) => Severity::Low,
        // What is sent to a server may be a setting of its own, and what is ignored does no harm.
        _ => return None,
    };
    let (key, shown_name) = (ctx.name(address.key()), ctx.name(name));
    let title = shown!("{}: no client of this notation is known to read the parameter {}", key, shown_name);
    let at = part.at;
    Some(
        FindingBuilder::new(PARAMETER_UNKNOWN.name, weighed(address, severity), Confidence::Medium, at, title)
            .message(shown!("a name that is not known: {}", fate(string)?))
            .subject(address.subject(ctx), address.environment())
            .setting(key.clone(), None, Some(shown_name.clone()))
            .symptom(Shown::of_static("the client fails at start, or the parameter has no effect"))
            .fix(shown!("take {} out, or write what this client calls it", shown_name), None)
            .rollback(wording::set_back(&shown!("{} of {}", shown_name, key), None))
            .discriminator(shown_name)
            .build(),
    )
}
