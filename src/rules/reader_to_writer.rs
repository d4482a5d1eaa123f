//! Reads that went to a copy are sent to the server that takes the writes.

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
    /// An address of something that is named for reading (its key, its service or its user) that goes from a reader
    /// (Aurora's `cluster-ro`, `-ro`, `replica`, `secondary`) to a host that is named as the writer (`-rw`, `primary`,
    /// `master`); and any address whose parameter asks for the writer instead of a reader.
    ///
    /// ## Why it hurts
    ///
    /// Nothing fails. The reads come on top of the writes on the one server that cannot be multiplied, with their
    /// connections; where a report or an export runs, everybody waits for it. And what could only read can write now.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// reports:
    ///   readUrl: postgresql://orders@orders-ro.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// reports:
    ///   readUrl: postgresql://orders@orders-rw.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// reports:
    ///   readUrl: postgresql://orders@orders-2-ro.prod.example.internal:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep a reader where reading is all that is done. If the copies go away on purpose, check that the writer has room for
    /// the reads and for their connections.
    ///
    /// ## When it is wrong
    ///
    /// When the service writes and its parameter asked for a reader by mistake: that is a repair, reported low.
    ///
    /// ## References
    ///
    /// - <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.Endpoints.html>
    pub(super) static READER_TO_WRITER = "reader-to-writer", Low, Medium,
        "Reads are sent to the server that takes the writes", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    for address in addresses(ctx).iter().filter(|address| address.old.is_some()) {
        let by_host = address.host_differences(ctx).iter().find_map(|d| by_host(ctx, address, d));
        out.extend(by_host.or_else(|| by_parameter(ctx, address)));
    }
}

fn by_host(ctx: &Context<'_>, address: &Address<'_>, d: &Difference<'_>) -> Option<Finding> {
    let part = d.new?;
    let (was, is) = (d.was().filter(|t| is_literal(t))?, d.is().filter(|t| is_literal(t))?);
    // Where reading is not said to be all that is done, a reader was the mistake, and this is its repair.
    if !reads(address) || host_role(was) != Some(HostRole::Reader) || host_role(is) != Some(HostRole::Writer) {
        return None;
    }
    let (label, old, new) = (address.label(ctx, "host", d), ctx.name(was), ctx.name(is));
    let title = shown!("{} goes from reader to writer: {} → {}", label, old, new);
    Some(
        finding(ctx, address, part.at, title)
            .setting(address.key_of(ctx, d), Some(old.clone()), Some(new))
            .fix(shown!("keep {} where nothing is written, or check that the writer has room", old), Some(old.clone()))
            .rollback(wording::set_back(&label, Some(&old)))
            .build(),
    )
}

/// The host stays, and a parameter asks for the writer.
fn by_parameter(ctx: &Context<'_>, address: &Address<'_>) -> Option<Finding> {
    let (old, new) = (address.old?.string.as_ref()?, address.new.string.as_ref()?);
    if old.wants_reader() != Some(true) || new.wants_reader() != Some(false) {
        return None;
    }
    let asks = |part: &&crate::facts::EndpointPart| {
        let name = part.role.to_ascii_lowercase();
        let before = address.old.and_then(|o| o.parts.iter().find(|p| p.role == part.role));
        name.starts_with("param:")
            && before.is_some_and(|p| p.text != part.text)
            && ["target", "intent", "readpreference", "readonly"].iter().any(|word| name.contains(word))
    };
    let part = address.new.parts.iter().find(asks)?;
    let was = address.old.and_then(|o| o.parts.iter().find(|p| p.role == part.role)).and_then(|p| p.text.as_deref());
    let (old, new) = (was.map(|t| ctx.name(t)), ctx.name(part.text.as_deref().unwrap_or_default()));
    let label = shown!("{} of {}", ctx.name(part.role.trim_start_matches("param:")), ctx.name(address.key()));
    Some(
        finding(ctx, address, part.at, shown!("{} asks for the writer: {}", label, new))
            .setting(ctx.name(address.key()), old.clone(), Some(new))
            .fix(Shown::of_static("ask for a reader where nothing is written"), old.clone())
            .rollback(wording::set_back(&label, old.as_ref()))
            .build(),
    )
}

/// Whether the key, the service or its user is named for reading.
fn reads(address: &Address<'_>) -> bool {
    let user = text(address.new, "user").is_some_and(is_for_reading);
    user || is_for_reading(address.key()) || is_for_reading(&address.new.key.owner)
}

fn finding(ctx: &Context<'_>, address: &Address<'_>, at: crate::source::Location, title: Shown) -> FindingBuilder {
    let grave = reads(address) && address.environment() == Environment::Production;
    let severity = if grave { Severity::Medium } else { Severity::Low };
    let confidence = if reads(address) { Confidence::High } else { Confidence::Medium };
    FindingBuilder::new(READER_TO_WRITER.name, severity, confidence, at, title)
        .message(Shown::of_static("the reads and their connections come on top of the writes on one server"))
        .subject(address.subject(ctx), address.environment())
        .symptom(Shown::of_static("none at first; then load and connections of the writer rise, and writes wait"))
        .question(Shown::of_static("Has the writer room for these reads and their connections?"))
}
