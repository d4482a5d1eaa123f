//! An address names a server that was in the files and is not any more.

use crate::declare_rule;
use crate::facts::{Endpoint, Link};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, addresses, hosts, text};
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// An address whose host was the name of a service in the files (of a Compose file, of a Kubernetes Service) until this
    /// change removed or renamed that service. The address itself stayed as it was, so its line is not in the diff.
    ///
    /// ## Why it hurts
    ///
    /// The name resolves to nothing as soon as the change is deployed, and everything that connects by it fails at its next
    /// start.
    ///
    /// ## Example
    ///
    /// ```yaml before compose.yaml
    /// services:
    ///   postgres:
    ///     image: postgres:17
    ///   orders:
    ///     image: registry.example.org/shop/orders:7
    ///     environment:
    ///       DATABASE_URL: postgresql://orders@postgres:5432/orders
    /// ```
    ///
    /// ```yaml after compose.yaml
    /// services:
    ///   database:
    ///     image: postgres:17
    ///   orders:
    ///     image: registry.example.org/shop/orders:7
    ///     environment:
    ///       DATABASE_URL: postgresql://orders@postgres:5432/orders
    /// ```
    ///
    /// ```yaml fixed compose.yaml
    /// services:
    ///   database:
    ///     image: postgres:17
    ///   orders:
    ///     image: registry.example.org/shop/orders:7
    ///     environment:
    ///       DATABASE_URL: postgresql://orders@database:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Change the addresses with the name of the service.
    ///
    /// ## When it is wrong
    ///
    /// Where a server of the same name comes from elsewhere: another repository, an alias of the network.
    ///
    /// ## References
    ///
    /// - <https://docs.docker.com/compose/how-tos/networking/>
    pub(super) static HOST_WITHOUT_SERVER = "host-without-server", High, Medium,
        "An address names a server that this change takes away", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(addresses(ctx).iter().filter_map(|address| finding(ctx, address)));
    }
}

fn finding(ctx: &Context<'_>, address: &Address<'_>) -> Option<Finding> {
    let old = address.old?;
    let host = text(address.new, "host").filter(|host| text(old, "host") == Some(host))?;
    let (server, _) = old.server.filter(|(_, link)| *link == Link::ServiceName)?;
    if address.new.server.is_some_and(|(_, link)| matches!(link, Link::ServiceName | Link::Declared)) {
        return None;
    }
    let gone = &ctx.old.facts.servers.get(server)?.id;
    // A server that is known by its address alone proves nothing.
    if ctx.new.facts.servers.iter().any(|s| s.at.is_some() && s.id == *gone && s.hosts.iter().any(|name| name == host))
    {
        return None;
    }
    let part = hosts(address.new).next()?;
    let difference = Difference { old: hosts(old).next(), new: Some(part) };
    let (label, name) = (address.label(ctx, "host", &difference), ctx.name(host));
    let heir = heir(ctx, address.new);
    let builder = FindingBuilder::new(
        HOST_WITHOUT_SERVER.name,
        Severity::High,
        Confidence::Medium,
        part.at,
        shown!("{} names {}, which this change takes away", label, name),
    )
    .message(match &heir {
        Some(heir) => shown!("the files define {} now, and no server of the old name", heir),
        None => Shown::of_static("the files defined a server of this name until now, and define none any more"),
    })
    .subject(address.subject(ctx), address.environment())
    .setting(address.key_of(ctx, &difference), Some(name.clone()), Some(name.clone()))
    .symptom(wording::no_such_host(address.new))
    .fix(
        match &heir {
            Some(heir) => shown!("write {}, or keep the old name", heir),
            None => Shown::of_static("keep the service, or change the address with it"),
        },
        heir.clone(),
    )
    .rollback(shown!("give the service its name {} back", name))
    .question(shown!("What answers to {} after this change?", name));
    Some(builder.build())
}

/// The one server of the same engine that is new here.
fn heir(ctx: &Context<'_>, endpoint: &Endpoint) -> Option<Shown> {
    let is_new = |s: &&crate::facts::Server| !ctx.old.facts.servers.iter().any(|old| old.id == s.id);
    let of_engine = |s: &&crate::facts::Server| s.engine == endpoint.engine && s.at.is_some();
    let mut found = ctx.new.facts.servers.iter().filter(of_engine).filter(is_new);
    let first = found.next()?.hosts.iter().min_by_key(|name| name.len())?;
    found.next().is_none().then(|| ctx.name(first))
}
