//! A variable is used above the line that defines it.

use std::collections::BTreeSet;

use crate::declare_rule;
use crate::facts::references::{Found, Reference, References};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::references::{is_of_connection, part};
use crate::secret::{Redactor, Shown};
use crate::shown;
use crate::source::Location;

declare_rule! {
    /// ## What it finds
    ///
    /// `$(NAME)` in a variable of a container, where `NAME` is defined further down in the same list and nowhere else.
    ///
    /// ## Why it hurts
    ///
    /// Kubernetes fills in only what is defined above. The rest stays as it is written, so that the program gets an
    /// address with `$(NAME)` in it, and nothing warns.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/api.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: orders, namespace: shop}
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         env:
    ///         - {name: DB_HOST, value: orders-db}
    ///         - {name: DB_URL, value: "postgresql://orders@$(DB_HOST):5432/orders"}
    /// ```
    ///
    /// ```yaml after prod/api.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: orders, namespace: shop}
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         env:
    ///         - {name: DB_URL, value: "postgresql://orders@$(DB_HOST):5432/orders"}
    ///         - {name: DB_HOST, value: orders-db}
    /// ```
    ///
    /// ```yaml fixed prod/api.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: orders, namespace: shop}
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         env:
    ///         - {name: DB_HOST, value: orders-db}
    ///         - {name: DB_PORT, value: "5432"}
    ///         - {name: DB_URL, value: "postgresql://orders@$(DB_HOST):$(DB_PORT)/orders"}
    /// ```
    ///
    /// ## What to do
    ///
    /// Move the definition above its first use.
    ///
    /// ## When it is wrong
    ///
    /// Where the program itself fills in `$(NAME)`. A variable that an object outside the tree may give is not reported.
    ///
    /// ## References
    ///
    /// - <https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>
    pub(super) static INTERPOLATION_ORDER = "interpolation-order", High, High,
        "A variable is used above the line that defines it", check;
}

fn late(references: &References) -> impl Iterator<Item = (&Reference, Location)> {
    references.uses.iter().filter_map(|r| match references.find(r) {
        Found::Late(at) => Some((r, at)),
        _ => None,
    })
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let identity = |r: &Reference| (r.owner.clone(), r.name.clone());
    let before: BTreeSet<_> =
        if ctx.audit { BTreeSet::new() } else { late(&ctx.old.facts.references).map(|(r, _)| identity(r)).collect() };
    let new = late(&ctx.new.facts.references).filter(|(r, _)| !before.contains(&identity(r)));
    out.extend(new.map(|(reference, defined)| finding(ctx, reference, defined)));
}

fn finding(ctx: &Context<'_>, reference: &Reference, defined: Location) -> Finding {
    let holder = ctx.new_resource(reference.setting);
    let (reader, name) = (ctx.name(&reference.reader), ctx.name(&reference.name));
    let meaning = ctx.new.facts.meanings.get(&reference.setting);
    let names = [reference.reader.as_str(), reference.name.as_str()];
    let is_part = |name: &str| part(name).is_some() || Redactor::is_secret_key(name) || is_of_connection(name);
    let told = meaning.is_some_and(|m| m.role.is_some() || m.endpoint.is_some());
    let severity = if told || names.into_iter().any(is_part) { Severity::High } else { Severity::Low };
    let written = shown!("$({})", name);
    FindingBuilder::new(
        INTERPOLATION_ORDER.name,
        severity,
        Confidence::High,
        reference.at,
        shown!("{} uses {} above its definition", reader, written),
    )
    .message(Shown::of_static("Kubernetes fills in what is defined above; this stays in the value as it is written"))
    .subject((!holder.id.is_file()).then(|| ctx.name(&holder.id.to_string())), holder.environment)
    .setting(reader.clone(), None, Some(written.clone()))
    .evidence(defined, shown!("{} is defined here", name))
    .symptom(shown!("clients look for a host or user called {}: getaddrinfo ENOTFOUND", written))
    .fix(shown!("move the definition of {} above {}", name, reader), None)
    .rollback(shown!("set back the order of {} and {}; the pods read it at start", name, reader))
    .discriminator(name)
    .build()
}
