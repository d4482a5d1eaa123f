//! A client speaks to the port of another kind of server.

use crate::connection::{self, Engine};
use crate::declare_rule;
use crate::facts::Endpoint;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, addresses, part, text};
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A port that is the well-known one of another engine than the address is for: PostgreSQL on 3306, MySQL on 5432.
    /// Only where the change brings it in.
    ///
    /// ## Why it hurts
    ///
    /// The two do not understand each other. Some clients fail with a strange message; MySQL clients wait for a greeting
    /// that never comes and hang, without an end if no timeout is set.
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
    ///   url: postgresql://orders@orders-db.prod.example.internal:3306/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: mysql://orders@orders-db.prod.example.internal:3306/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Use the engine's own port, or change scheme, driver and port together.
    ///
    /// ## When it is wrong
    ///
    /// Behind a proxy or port forward that reuses the number.
    ///
    /// ## References
    ///
    /// - <https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml>
    pub(super) static PORT_OF_ANOTHER_ENGINE = "port-of-another-engine", High, High,
        "A client speaks to the port of another kind of server", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(addresses(ctx).iter().filter_map(|address| finding(ctx, address)));
}

fn finding(ctx: &Context<'_>, address: &Address<'_>) -> Option<Finding> {
    let (engine, port, owner) = clash(address.new, address.old)?;
    if address.old.and_then(|old| clash(old, None)).is_some() {
        return None;
    }
    let port_part = part(address.new, "port")?;
    let d = Difference { old: address.old.and_then(|o| part(o, "port")), new: Some(port_part) };
    let label = address.label(ctx, "port", &d);
    let old = d.was().map(|t| ctx.name(t));
    let local = text(address.new, "host").is_some_and(connection::is_local);
    let (severity, confidence) = match () {
        // Port forwards on the own machine take any number.
        () if local => (Severity::Low, Confidence::Low),
        () if address.old.is_some() => (Severity::High, Confidence::High),
        () => (Severity::Medium, Confidence::Medium),
    };
    let title =
        shown!("{} is {}, the port of {}, and the client speaks {}", label, port, owner.as_str(), engine.as_str());
    Some(
        FindingBuilder::new(PORT_OF_ANOTHER_ENGINE.name, severity, confidence, port_part.at, title)
            .message(Shown::of_static("the two protocols do not understand each other, whoever listens there"))
            .subject(address.subject(ctx), address.environment())
            .setting(address.key_of(ctx, &d), old.clone(), Some(shown!("{}", port)))
            .symptom(symptom(engine))
            .fix(shown!("use the port on which the {} server listens", engine.as_str()), old.clone())
            .rollback(wording::set_back(&label, old.as_ref()))
            .question(shown!("What listens on port {}?", port))
            .build(),
    )
}

/// The engine that the client speaks, the port, and the engine whose port that is, where the two are strangers.
fn clash(endpoint: &Endpoint, before: Option<&Endpoint>) -> Option<(Engine, u16, Engine)> {
    let port: u16 = text(endpoint, "port")?.parse().ok()?;
    let owner = connection::port_engine(port)?;
    let engine = speaks(endpoint, before)?;
    (!are_related(engine, owner)).then_some((engine, port, owner))
}

/// What the client speaks. An engine that was read off the port itself says nothing; then what it spoke to before holds,
/// if the host is the same.
fn speaks(endpoint: &Endpoint, before: Option<&Endpoint>) -> Option<Engine> {
    let by_port = text(endpoint, "port").and_then(|p| p.parse().ok()).and_then(connection::port_engine);
    let own = endpoint.engine;
    if endpoint.string.is_some() || Some(own) != by_port {
        return (own != Engine::Unknown).then_some(own);
    }
    let before = before.filter(|b| text(b, "host") == text(endpoint, "host"))?;
    (before.engine != Engine::Unknown).then_some(before.engine)
}

fn are_related(a: Engine, b: Engine) -> bool {
    let mysql = |e: Engine| matches!(e, Engine::MySql | Engine::MariaDb);
    a == b || a == Engine::Unknown || b == Engine::Unknown || mysql(a) && mysql(b)
}

fn symptom(engine: Engine) -> Shown {
    Shown::of_static(match engine {
        Engine::PostgreSql => "received invalid response to SSL negotiation",
        Engine::MySql | Engine::MariaDb => "clients hang while they wait for the server's greeting",
        Engine::SqlServer => "unexpected pre-login response",
        _ => "connections hang or are closed before the login",
    })
}
