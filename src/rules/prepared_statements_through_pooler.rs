//! A client prepares statements on connections that a pooler shares.

use crate::connection::Engine;
use crate::declare_rule;
use crate::facts::{Endpoint, EndpointPart};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, addresses, pooler_of};
use crate::rule::names::{is_for_migrations, is_literal};
use crate::rule::parameters::{name_of, part_named};
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A switch that keeps a client from preparing statements (`prepareThreshold=0`, `pgbouncer=true`, `statement_cache_size=0`,
    /// `prepared_statements=false`, `default_query_exec_mode=exec`) and that is gone while the address leads to a pooler; or a
    /// pgjdbc address that starts to lead to one without it.
    ///
    /// ## Why it hurts
    ///
    /// A pooler in transaction mode gives every transaction another connection of the server, on which the statement was never
    /// prepared, or was prepared by somebody else. It fails under load and seldom in a test.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: jdbc:postgresql://orders-pgbouncer.prod.example.internal:6432/orders?prepareThreshold=0&connectTimeout=5
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: jdbc:postgresql://orders-pgbouncer.prod.example.internal:6432/orders?connectTimeout=5
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: jdbc:postgresql://orders-pgbouncer.prod.example.internal:6432/orders?prepareThreshold=0&connectTimeout=8
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep the switch, or let the pooler track prepared statements (PgBouncer 1.21 and later, `max_prepared_statements`).
    ///
    /// ## When it is wrong
    ///
    /// For a pooler in session mode, and for one that tracks prepared statements.
    ///
    /// ## References
    ///
    /// - <https://www.pgbouncer.org/features.html>
    /// - <https://www.pgbouncer.org/config.html#max_prepared_statements>
    pub(super) static PREPARED_STATEMENTS_THROUGH_POOLER = "prepared-statements-through-pooler", Medium, Medium,
        "A client prepares statements on connections that a pooler shares", check;
}

/// Parameters that keep a client from preparing statements, folded, with the values that do it.
const GUARDS: &[(&str, &[&str])] = &[
    ("preparethreshold", &["0"]),
    ("preferquerymode", &["simple"]),
    ("pgbouncer", &["true"]),
    ("statementcachesize", &["0"]),
    ("statementcachecapacity", &["0"]),
    ("preparedstatementcachesize", &["0"]),
    ("preparedstatements", &["false"]),
    ("prepare", &["unnamed", "false"]),
    ("defaultqueryexecmode", &["exec", "simple_protocol", "describe_exec"]),
    ("binaryparameters", &["yes"]),
    ("maxautoprepare", &["0"]),
];

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        let postgres = matches!(address.new.engine, Engine::PostgreSql | Engine::Unknown);
        let Some(old) = address.old.filter(|_| postgres && !is_for_migrations(address.key())) else { continue };
        if address.new.string.is_some() && guard(address.new).is_none() && pooler_of(address.new).is_some() {
            out.extend(finding(ctx, &address, old));
        }
    }
}

fn guard(endpoint: &Endpoint) -> Option<&EndpointPart> {
    let guards = |part: &&EndpointPart| {
        let (Some(name), Some(value)) = (name_of(part), part.text.as_deref()) else { return false };
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        // What an expression says is not known to be missing.
        GUARDS.iter().any(|(known, values)| *known == name && (values.contains(&value.trim()) || !is_literal(value)))
    };
    endpoint.parts.iter().find(guards)
}

fn finding(ctx: &Context<'_>, address: &Address<'_>, old: &Endpoint) -> Option<Finding> {
    let key = ctx.name(address.key());
    let lost = guard(old);
    let enters = pooler_of(old).is_none();
    let java = address.new.string.as_ref().is_some_and(|s| s.dialect.id == "jdbc-postgresql");
    let (title, was, severity, at) = match lost {
        Some(part) => {
            let name = name_of(part)?;
            let value = ctx.name(part.text.as_deref().unwrap_or_default());
            let is = part_named(address.new, name);
            let title = shown!("{} of {} is gone, and the address leads to a pooler", ctx.name(name), key);
            let severity = if enters { Severity::Low } else { Severity::Medium };
            (title, Some(shown!("{}={}", ctx.name(name), value)), severity, is.map_or(address.new.at, |p| p.at))
        }
        None if enters && java => {
            let title = shown!("{} leads to a pooler now, and its client prepares statements", key);
            (title, None, Severity::Low, address.new.at)
        }
        None => return None,
    };
    let message = "a pooler in transaction mode runs the next transaction on a connection where nothing was prepared";
    Some(
        FindingBuilder::new(PREPARED_STATEMENTS_THROUGH_POOLER.name, severity, Confidence::Medium, at, title)
            .message(Shown::of_static(message))
            .subject(address.subject(ctx), address.environment())
            .setting(key.clone(), was.clone(), None)
            .symptom(Shown::of_static("prepared statement \"S_1\" already exists; prepared statement does not exist"))
            .fix(Shown::of_static("switch prepared statements off, or let the pooler track them"), was.clone())
            .rollback(wording::set_back(&key, was.as_ref()))
            .question(Shown::of_static(
                "Does the pooler share connections by transaction, and does it track statements?",
            ))
            .discriminator(Shown::of_static("prepared"))
            .build(),
    )
}
