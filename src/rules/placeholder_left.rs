//! A value that somebody was meant to fill in.

use crate::declare_rule;
use crate::facts::{Endpoint, EndpointPart};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::addresses::{Address, Difference, addresses, part};
use crate::rule::names::is_placeholder;
use crate::rule::wording;
use crate::rule::{Context, State};
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A host, port, database, user or password that is a stand-in: `CHANGEME`, `TODO`, `xxx`, `<host>`,
    /// `your-password-here`, `example.com`, an unfilled `%s` or `{}`. Only where the change brings it in. Variables and
    /// templates are none: something fills them.
    ///
    /// ## Why it hurts
    ///
    /// Nothing fills it in. Clients look for a host of that name, or log in with that word.
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
    ///   url: postgresql://orders@CHANGEME:5432/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@${DB_HOST}:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Write the value, or refer to where it is kept.
    ///
    /// ## When it is wrong
    ///
    /// In samples that are copied before use. Name them so (`.env.example`), and they count as development.
    ///
    /// ## References
    ///
    /// - <https://www.rfc-editor.org/rfc/rfc2606>
    pub(super) static PLACEHOLDER_LEFT = "placeholder-left", High, High,
        "A value that somebody was meant to fill in", check;
}

const PARTS: [&str; 5] = ["host", "port", "database", "user", "password"];

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        let first = PARTS.iter().find_map(|role| in_address(ctx, &address, role));
        out.extend(first);
    }
    out.extend(ctx.changes.iter().filter_map(|change| in_key(ctx, change)));
}

fn in_address(ctx: &Context<'_>, address: &Address<'_>, role: &'static str) -> Option<Finding> {
    let new = part(address.new, role)?;
    let old = address.old.and_then(|o| part(o, role).map(|p| (o, p)));
    if !stands_in(role, &content(address.new, new, ctx.new)) {
        return None;
    }
    let had_one = old.is_some_and(|(o, p)| stands_in(role, &content(o, p, ctx.old)));
    if had_one {
        return None;
    }
    let d = Difference { old: old.map(|(_, p)| p), new: Some(new) };
    let severity = match () {
        () if address.old.is_some() => Severity::High,
        () if address.in_known_file || address.environment() == Environment::Production => Severity::Medium,
        () => Severity::Low,
    };
    let stand_in = Found {
        severity,
        at: new.at,
        label: address.label(ctx, role, &d),
        key: address.key_of(ctx, &d),
        // A stand-in for a password is masked with the others: who knows what else it is.
        old: old.map(|(_, p)| p.text.as_deref().map_or(Shown::of_static(crate::secret::MASK), |t| ctx.name(t))),
        new: d.is().map_or(Shown::of_static(crate::secret::MASK), |t| ctx.name(t)),
        subject: address.subject(ctx),
        environment: address.environment(),
        symptom: if matches!(role, "host" | "port") {
            wording::no_such_host(address.new)
        } else {
            wording::login_failed(address.new)
        },
        role,
    };
    Some(stand_in.finding())
}

/// A part whose host stands elsewhere.
fn in_key(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let role = PARTS.into_iter().find(|r| change.role.as_deref() == Some(*r))?;
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    if change.endpoints.1.is_some() || !stands_in(role, &new.text) || stands_in(role, &old.text) {
        return None;
    }
    let key = ctx.name(&change.logical);
    let found = Found {
        severity: Severity::High,
        at: new.at,
        label: key.clone(),
        key,
        old: Some(ctx.shown(&change.logical, old)),
        new: ctx.shown(&change.logical, new),
        subject: change.subject.as_deref().map(|s| ctx.name(s)),
        environment: change.environment,
        symptom: Shown::of_static("authentication failed, or getaddrinfo ENOTFOUND"),
        role,
    };
    Some(found.finding())
}

/// The text of a part, secret or not; to look at, never to print.
fn content(endpoint: &Endpoint, part: &EndpointPart, side: State<'_>) -> String {
    let hidden = || match &endpoint.string {
        Some(string) => string.password.as_ref().map(|(secret, _)| secret.text_for_matching().to_owned()),
        None => Some(side.settings.get(part.setting).value.text.to_string()),
    };
    part.text.clone().or_else(hidden).unwrap_or_default()
}

/// Whether the text stands in for this part. Names that documentation reserves are stand-ins for hosts alone.
fn stands_in(role: &str, text: &str) -> bool {
    let host = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let reserved = ["example.com", "example.org", "example.net"];
    let documented =
        role == "host" && reserved.iter().any(|r| host == *r || host.strip_suffix(r).is_some_and(|h| h.ends_with('.')));
    documented || is_placeholder(text)
}

struct Found {
    severity: Severity,
    at: crate::source::Location,
    label: Shown,
    key: Shown,
    old: Option<Shown>,
    new: Shown,
    subject: Option<Shown>,
    environment: Environment,
    symptom: Shown,
    role: &'static str,
}

impl Found {
    fn finding(self) -> Finding {
        let Found { severity, at, label, key, old, new, subject, environment, symptom, role } = self;
        let title = match &old {
            Some(old) => shown!("{} is a placeholder now: {} → {}", label, old.clone(), new),
            None => shown!("{} is a placeholder: {}", label, new),
        };
        FindingBuilder::new(PLACEHOLDER_LEFT.name, severity, Confidence::High, at, title)
            .message(Shown::of_static("nothing in this syntax fills it in, so clients use the word as it stands"))
            .subject(subject, environment)
            .setting(key, old.clone(), Some(new))
            .symptom(symptom)
            .fix(shown!("write the {}, or refer to where it is kept", role), old.clone().filter(|_| role != "password"))
            .rollback(wording::set_back(&label, old.as_ref()))
            .discriminator(shown!("{}", role))
            .build()
    }
}
