//! A password is written into a file.

use crate::declare_rule;
use crate::facts::{Endpoint, EndpointPart};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::addresses::{Address, Difference, addresses, part};
use crate::rule::names::{is_literal, is_placeholder};
use crate::rule::{Context, State, elsewhere};
use crate::secret::{MASK, Shown};
use crate::setting::Environment;
use crate::shown;
use crate::source::Location;

declare_rule! {
    /// ## What it finds
    ///
    /// A literal password of a connection that this change brings into a file: in a URL, in a list of keywords, or in a
    /// key of its own. References (`${DB_PASSWORD}`, `secretKeyRef`, a vault's address, an encrypted value) are none. The
    /// value is never printed.
    ///
    /// ## Why it hurts
    ///
    /// What was committed once stays in the history, in every clone and every cache, and everybody who may read the
    /// repository may log in.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders:${DB_PASSWORD}@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders:not-a-real-one-4711@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders:${ORDERS_DB_PASSWORD}@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep the password in a secret store and refer to it. One that was committed is known: change it on the server.
    ///
    /// ## When it is wrong
    ///
    /// For throw-away passwords of tests, which are reported low or not at all.
    ///
    /// ## References
    ///
    /// - <https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html>
    pub(super) static PASSWORD_IN_PLAIN_TEXT = "password-in-plain-text", High, High,
        "A password is written into a file", check;
}

/// A literal password on the new side.
struct Written {
    key: Shown,
    at: Location,
    subject: Option<Shown>,
    environment: Environment,
    /// What stood there: nothing, a reference as it may be printed, or another literal.
    before: Before,
    in_known_file: bool,
}

enum Before {
    Nothing,
    Reference(Shown),
    Literal,
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let addresses = addresses(ctx);
    let of_addresses = addresses.iter().filter_map(|address| in_address(ctx, address));
    let loose = ctx.changes.iter().filter_map(|change| in_key(ctx, change));
    out.extend(of_addresses.chain(loose).map(|written| finding(ctx, written)));
    if !ctx.audit {
        out.extend(ctx.changes.iter().filter_map(|change| in_config_map(ctx, change)));
    }
}

/// A password that a template puts into a ConfigMap: it is no literal in the files, and plain text in the cluster.
fn in_config_map(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let new = change.new.as_ref().filter(|_| change.role.as_deref() == Some("password") && change.old.is_none())?;
    let holder = ctx.new.settings.resource_of(new.setting);
    if holder.id.kind != "ConfigMap" || !new.text.contains("{{") || new.text.contains("$(") {
        return None;
    }
    let (key, is) = (ctx.name(&change.logical), ctx.shown(&change.logical, new));
    let title = shown!("{} puts a password into a ConfigMap: {}", key, is);
    Some(
        FindingBuilder::new(PASSWORD_IN_PLAIN_TEXT.name, Severity::Low, Confidence::Medium, new.at, title)
            .message(Shown::of_static(
                "whoever can read the namespace's objects can log in; a Secret is kept apart and can be encrypted",
            ))
            .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
            .setting(key.clone(), None, Some(is))
            .symptom(Shown::of_static("none, until somebody uses it"))
            .fix(Shown::of_static("put it into a Secret, and refer to that"), None)
            .rollback(shown!("take {} out again", key))
            .discriminator(Shown::of_static("password"))
            .build(),
    )
}

fn in_address(ctx: &Context<'_>, address: &Address<'_>) -> Option<Written> {
    let new = part(address.new, "password").filter(|p| is_written(address.new, p, ctx.new))?;
    let old = address.old.and_then(|o| part(o, "password").map(|p| (o, p)));
    if old.is_some_and(|(_, p)| p.text == new.text && p.secret_mark == new.secret_mark) {
        return None;
    }
    let before = match old {
        Some((endpoint, p)) if is_written(endpoint, p, ctx.old) => Before::Literal,
        Some((_, EndpointPart { text: Some(text), .. })) if !text.is_empty() => Before::Reference(ctx.name(text)),
        _ if moved(ctx, address.new, new) => return None,
        _ => Before::Nothing,
    };
    Some(Written {
        key: address.key_of(ctx, &Difference { old: None, new: Some(new) }),
        at: new.at,
        subject: address.subject(ctx),
        environment: address.environment(),
        before,
        in_known_file: address.in_known_file,
    })
}

/// A password whose host stands elsewhere.
fn in_key(ctx: &Context<'_>, change: &Explained) -> Option<Written> {
    let new =
        change.new.as_ref().filter(|_| change.role.as_deref() == Some("password") && change.endpoints.1.is_none())?;
    let literal = |text: &str| !text.trim().is_empty() && is_literal(text) && !is_placeholder(text);
    if !literal(&new.text) {
        return None;
    }
    let before = match &change.old {
        Some(old) if old.text == new.text => return None,
        Some(old) if literal(&old.text) => Before::Literal,
        Some(old) if !old.text.trim().is_empty() && !is_placeholder(&old.text) => {
            Before::Reference(ctx.shown(&change.logical, old))
        }
        _ if elsewhere::was_known(ctx, new.setting, &new.text) => return None,
        _ => Before::Nothing,
    };
    Some(Written {
        key: ctx.name(&change.logical),
        at: new.at,
        subject: change.subject.as_deref().map(|s| ctx.name(s)),
        environment: change.environment,
        before,
        in_known_file: ctx.is_known_file(new.at),
    })
}

/// Whether the same password stood in the same folder before.
fn moved(ctx: &Context<'_>, endpoint: &Endpoint, part: &EndpointPart) -> bool {
    let known = |password: &str| !ctx.audit && elsewhere::was_known(ctx, part.setting, password);
    match &endpoint.string {
        Some(string) => string.password.as_ref().is_some_and(|(secret, _)| known(secret.text_for_matching())),
        None => known(&ctx.new.settings.get(part.setting).value.text),
    }
}

/// Whether the part is a password as it is used: no reference, not empty, no placeholder.
fn is_written(endpoint: &Endpoint, part: &EndpointPart, side: State<'_>) -> bool {
    let literal = |text: &str| !text.trim().is_empty() && is_literal(text) && !is_placeholder(text);
    match &endpoint.string {
        Some(string) => string.password.as_ref().is_some_and(|(secret, _)| literal(secret.text_for_matching())),
        None => literal(&side.settings.get(part.setting).value.text),
    }
}

fn finding(ctx: &Context<'_>, written: Written) -> Finding {
    let Written { key, at, subject, environment, before, in_known_file } = written;
    let mask = || Shown::of_static(MASK);
    let (old, title) = match &before {
        Before::Literal => {
            (Some(mask()), shown!("{} holds another password in plain text: {} → {}", key, mask(), mask()))
        }
        Before::Reference(text) => {
            (Some(text.clone()), shown!("{} holds a password in plain text now: {} → {}", key, text.clone(), mask()))
        }
        Before::Nothing => (None, shown!("{} holds a password in plain text: {}", key, mask())),
    };
    let severity = match (&before, environment) {
        (Before::Literal, _) => Severity::Low,
        // In development, which is weighed a step less, this is low.
        _ if ctx.audit || environment != Environment::Production => Severity::Medium,
        _ if !in_known_file => Severity::Medium,
        _ => Severity::High,
    };
    let message = match before {
        Before::Literal => {
            Shown::of_static("the new password is in the history as well; whoever can read the repository can log in")
        }
        _ => Shown::of_static(
            "once committed it stays in the history and in every clone; whoever can read the repository can log in",
        ),
    };
    let rollback = match &before {
        Before::Reference(text) => {
            shown!("set {} back to {}, and change the password on the server", key, text.clone())
        }
        _ => shown!("take the password out of {}, and change it on the server", key),
    };
    let replacement = match before {
        Before::Reference(text) => Some(text),
        _ => None,
    };
    FindingBuilder::new(PASSWORD_IN_PLAIN_TEXT.name, severity, Confidence::High, at, title)
        .message(message)
        .subject(subject, environment)
        .setting(key, old, Some(mask()))
        .symptom(Shown::of_static("none, until somebody uses it"))
        .fix(
            Shown::of_static("refer to a secret store, and change the password on the server if it was pushed"),
            replacement,
        )
        .rollback(rollback)
        .discriminator(Shown::of_static("password"))
        .build()
}
