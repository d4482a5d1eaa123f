//! A service outside development looks for its database on its own machine.

use crate::connection;
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, addresses};
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// An address that this change leads to the local machine (`localhost`, `127.0.0.1`, `::1`, `host.docker.internal`)
    /// in a file that is not for development. A proxy or pooler in the same pod makes that right and is recognised.
    ///
    /// ## Why it hurts
    ///
    /// In a container the local machine is the container itself, where no database listens. The service is down from the
    /// next restart on.
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
    ///   url: postgresql://orders@localhost:5432/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db2.prod.example.internal:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Use the server's name. If a tunnel or proxy listens locally, define it in the same pod, or say so and allow it.
    ///
    /// ## When it is wrong
    ///
    /// On machines where the database runs beside the service, and with a proxy that the files do not show.
    ///
    /// ## References
    ///
    /// - <https://cloud.google.com/sql/docs/postgres/connect-auth-proxy>
    pub(super) static LOCALHOST_OUTSIDE_DEVELOPMENT = "localhost-outside-development", High, High,
        "A service outside development looks for its database on its own machine", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        if address.environment() == Environment::Development {
            continue;
        }
        let differences = address.host_differences(ctx);
        out.extend(differences.iter().filter_map(|d| finding(ctx, &address, d)));
    }
}

fn finding(ctx: &Context<'_>, address: &Address<'_>, d: &Difference<'_>) -> Option<Finding> {
    let part = d.new?;
    let is = part.text.as_deref().map(str::trim).filter(|t| connection::is_local(t))?;
    if d.was().is_some_and(|was| connection::is_local(was.trim())) {
        return None;
    }
    let (new, old) = (ctx.name(is), d.was().map(|t| ctx.name(t)));
    let label = address.label(ctx, "host", d);
    let title = match &old {
        Some(old) => shown!("{} leads to the local machine: {} → {}", label, old.clone(), new),
        None => shown!("{} leads to the local machine: {}", label, new),
    };
    let sidecar = address.sidecar(ctx);
    let message = match &sidecar {
        Some(proxy) => shown!("the container {} in the same pod can be what listens there", proxy.clone()),
        None => Shown::of_static(
            "in a container the local machine is the container itself, and the files show no proxy beside it",
        ),
    };
    let severity = if sidecar.is_some() { Severity::Info } else { severity(ctx, address) };
    if severity == Severity::Info && sidecar.is_none() {
        return None;
    }
    let told = address.environment() != Environment::Unknown && old.is_some();
    let confidence = if told { Confidence::High } else { Confidence::Medium };
    let builder = FindingBuilder::new(LOCALHOST_OUTSIDE_DEVELOPMENT.name, severity, confidence, part.at, title)
        .message(message)
        .subject(address.subject(ctx), address.environment())
        .setting(address.key_of(ctx, d), old.clone(), Some(new.clone()))
        .symptom(wording::refused(address.new))
        .fix(Shown::of_static("use the name of the server"), old.clone())
        .rollback(wording::set_back(&label, old.as_ref()));
    let asks = severity > Severity::Low;
    Some(if asks {
        builder.question(shown!("What listens on {} beside this service?", new)).build()
    } else {
        builder.build()
    })
}

/// A changed address is worse than one that comes with its file: nobody relies on that one yet.
fn severity(ctx: &Context<'_>, address: &Address<'_>) -> Severity {
    let production = address.environment() == Environment::Production;
    match () {
        () if ctx.audit && production => Severity::Medium,
        () if ctx.audit => Severity::Low,
        () if address.old.is_some() && production => Severity::High,
        () if address.old.is_some() || address.in_known_file && production => Severity::Medium,
        () if address.in_known_file || production => Severity::Low,
        () => Severity::Info,
    }
}
