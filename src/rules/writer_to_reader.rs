//! A client that writes is sent to a read-only copy.

use crate::connection::{HostRole, host_role};
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, addresses, text};
use crate::rule::names::{is_for_reading, is_literal};
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// An address that goes from the writer (or a host that says nothing of its role) to a reader: Aurora's `cluster-ro`,
    /// `-ro`, `replica`, `secondary`, or a parameter that asks for a reader. Keys that are named for reading are left
    /// alone.
    ///
    /// ## Why it hurts
    ///
    /// Reads work and are slightly old, every write fails. A cluster without a reader answers with its writer, so a test
    /// there passes.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-rw.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-ro.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-rw.prod.example.internal:5432/orders
    /// reports:
    ///   readUrl: postgresql://orders@orders-ro.prod.example.internal:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep the writer where anything is written, and give reads an address of their own.
    ///
    /// ## When it is wrong
    ///
    /// When the service only reads. Name the key for it, or allow it.
    ///
    /// ## References
    ///
    /// - <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.Endpoints.html>
    pub(super) static WRITER_TO_READER = "writer-to-reader", High, High,
        "A client that writes is sent to a read-only copy", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    for address in addresses(ctx).iter().filter(|a| a.old.is_some() && !is_for_reading(a.key())) {
        let by_host = address.host_differences(ctx).iter().find_map(|d| by_host(ctx, address, d));
        out.extend(by_host.or_else(|| by_parameter(ctx, address)));
    }
}

fn by_host(ctx: &Context<'_>, address: &Address<'_>, d: &Difference<'_>) -> Option<Finding> {
    let part = d.new?;
    let (was, is) = (d.was().filter(|t| is_literal(t))?, d.is().filter(|t| is_literal(t))?);
    let (before, after) = (host_role(was), host_role(is));
    if after != Some(HostRole::Reader) || before == Some(HostRole::Reader) {
        return None;
    }
    let (label, old, new) = (address.label(ctx, "host", d), ctx.name(was), ctx.name(is));
    let confidence = if before == Some(HostRole::Writer) { Confidence::High } else { Confidence::Medium };
    let from = before.map_or("a host", HostRole::as_str);
    let title = shown!("{} goes from {} to reader: {} → {}", label, from, old, new);
    Some(
        FindingBuilder::new(WRITER_TO_READER.name, severity(address), confidence, part.at, title)
            .message(Shown::of_static(
                "the new name is that of a read-only copy; every write can fail, and reads are slightly old",
            ))
            .subject(address.subject(ctx), address.environment())
            .setting(address.key_of(ctx, d), Some(old.clone()), Some(new))
            .symptom(wording::read_only(address.new))
            .fix(shown!("keep {} unless this client only reads", old), Some(old.clone()))
            .rollback(wording::set_back(&label, Some(&old)))
            .question(Shown::of_static("Does everything that uses this address only read?"))
            .build(),
    )
}

/// In production every write fails from the restart on, unless the owner or its user says that it only reads.
fn severity(address: &Address<'_>) -> Severity {
    let user_reads = text(address.new, "user").is_some_and(is_for_reading);
    let reads = user_reads || is_for_reading(&address.new.key.owner);
    if address.environment() == Environment::Production && !reads { Severity::High } else { Severity::Medium }
}

/// The host stays, and a parameter asks for a reader.
fn by_parameter(ctx: &Context<'_>, address: &Address<'_>) -> Option<Finding> {
    let (old, new) = (address.old?.string.as_ref()?, address.new.string.as_ref()?);
    if new.wants_reader() != Some(true) || old.wants_reader() == Some(true) {
        return None;
    }
    let added = |p: &&crate::facts::EndpointPart| {
        p.role.starts_with("param:")
            && address.old.is_some_and(|o| !o.parts.iter().any(|q| q.role == p.role && q.text == p.text))
    };
    let asks = |p: &&crate::facts::EndpointPart| {
        let name = p.role.to_ascii_lowercase();
        ["target", "intent", "readpreference", "readonly"].iter().any(|word| name.contains(word))
    };
    let part = address.new.parts.iter().filter(added).find(asks)?;
    let name = ctx.name(part.role.trim_start_matches("param:"));
    let value = ctx.name(part.text.as_deref().unwrap_or_default());
    let label = shown!("{} of {}", name, ctx.name(address.key()));
    let was = address.old.and_then(|o| text(o, &part.role)).map(|t| ctx.name(t));
    Some(
        FindingBuilder::new(
            WRITER_TO_READER.name,
            severity(address),
            Confidence::High,
            part.at,
            shown!("{} asks for a reader: {}", label, value),
        )
        .message(Shown::of_static("the client may be given a read-only copy; every write can fail there"))
        .subject(address.subject(ctx), address.environment())
        .setting(ctx.name(address.key()), was.clone(), Some(value))
        .symptom(wording::read_only(address.new))
        .fix(Shown::of_static("ask for the writer unless this client only reads"), was.clone())
        .rollback(wording::set_back(&label, was.as_ref()))
        .question(Shown::of_static("Does everything that uses this address only read?"))
        .build(),
    )
}
