//! A value that came from a secret store is written out.

use crate::declare_rule;
use crate::facts::Meaning;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::placeholder;
use crate::rule::Context;
use crate::rule::names::{is_literal, is_placeholder};
use crate::rule::references::{is_of_connection, part};
use crate::secret::{MASK, Redactor, Shown};
use crate::setting::{Environment, KeyPath, Segment, SettingRef};
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A variable that took its value from a Secret, or a secret that was a reference, and holds a literal now. A
    /// password of a database is left to *password-in-plain-text*.
    ///
    /// ## Why it hurts
    ///
    /// What is committed stays in the history, and it no longer follows when the secret is rotated: the next rotation
    /// breaks this reader alone.
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
    ///         - name: DB_USER
    ///           valueFrom: {secretKeyRef: {name: orders-db, key: user}}
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
    ///         - name: DB_USER
    ///           value: orders
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
    ///         - name: DB_USER
    ///           valueFrom: {secretKeyRef: {name: orders-db-login, key: user}}
    /// ```
    ///
    /// ## What to do
    ///
    /// Refer to the secret store again; change what was pushed.
    ///
    /// ## When it is wrong
    ///
    /// For parts that are no secret (host, port, user): it is reported low there.
    ///
    /// ## References
    ///
    /// - <https://kubernetes.io/docs/concepts/security/secrets-good-practices/>
    pub(super) static SECRET_REFERENCE_TO_LITERAL = "secret-reference-to-literal", Medium, High,
        "A value that came from a secret store is written out", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    let all = ctx.changes.iter();
    out.extend(all.filter_map(|change| of_variable(ctx, change).or_else(|| of_expression(ctx, change))));
}

/// `valueFrom.secretKeyRef` went, and `value` stands in its place.
fn of_variable(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let old = change.old.as_ref()?;
    let path = &ctx.old.settings.get(old.setting).path;
    if path.last() != "name" || path.parent().last() != "secretKeyRef" {
        return None;
    }
    let variable = path.parent().parent().parent();
    let holder = ctx.old.settings.resource_of(old.setting);
    let at = ctx.new.settings.resources.iter().position(|r| r.id == holder.id && r.path == holder.path)?;
    let resource = ctx.new.settings.resources.get(at)?;
    let find = |path: &KeyPath| resource.settings.binary_search_by(|s| s.path.cmp(path)).ok();
    if find(path).is_some() {
        return None;
    }
    // In a list the value has a key of its own; in a mapping it is the variable itself.
    let setting = find(&variable.child(Segment::Key("value"))).or_else(|| find(&variable))?;
    let (Segment::Item(name) | Segment::Key(name)) = variable.segments().next_back()? else { return None };
    let at = SettingRef { resource: u32::try_from(at).ok()?, setting: u32::try_from(setting).ok()? };
    let was = shown!("Secret {}", ctx.name(&old.text));
    finding(ctx, name, at, was, change.subject.as_deref(), change.environment)
}

/// An expression without a literal of its own, under the key of a secret.
fn of_expression(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    let is_secret = Redactor::is_secret_key(&change.logical) && !change.logical.is_empty();
    if !is_secret || !placeholder::is_reference(&old.text) || change.role.is_some() {
        return None;
    }
    let was = ctx.shown(&change.logical, old);
    finding(ctx, &change.logical, new.setting, was, change.subject.as_deref(), change.environment)
}

/// Whether another rule speaks of the value: a password, or an address with one.
fn is_told(ctx: &Context<'_>, at: SettingRef) -> bool {
    let meaning: Option<&Meaning> = ctx.new.facts.meanings.get(&at);
    let is_password = meaning.is_some_and(|m| m.role.as_deref() == Some("password"));
    let holds = |e: &crate::facts::Endpoint| e.setting == at && e.string.as_ref().is_some_and(|s| s.password.is_some());
    is_password || ctx.new.facts.endpoints.iter().any(holds)
}

fn finding(
    ctx: &Context<'_>,
    name: &str,
    at: SettingRef,
    was: Shown,
    subject: Option<&str>,
    environment: Environment,
) -> Option<Finding> {
    let setting = ctx.new.settings.get(at);
    let text = setting.value.text.trim();
    if text.is_empty() || !is_literal(text) || is_placeholder(text) || setting.value.is_encrypted() || is_told(ctx, at)
    {
        return None;
    }
    let is_secret = Redactor::is_secret_key(name);
    let (severity, why) = match (is_secret, part(name).is_some() || is_of_connection(name)) {
        (true, _) => (
            Severity::Medium,
            "once committed it stays in the history; and it does not follow when the secret is rotated",
        ),
        (_, true) => (Severity::Low, "it does not follow any more when what the secret holds is changed"),
        _ => return None,
    };
    let key = ctx.name(name);
    let is = if is_secret { Shown::of_static(MASK) } else { ctx.redactor.value(name, text) };
    Some(
        FindingBuilder::new(
            SECRET_REFERENCE_TO_LITERAL.name,
            severity,
            Confidence::High,
            setting.at,
            shown!("{} is written out now: {} → {}", key, was, is),
        )
        .message(Shown::of_static(why))
        .subject(subject.map(|s| ctx.name(s)), environment)
        .setting(key.clone(), Some(was.clone()), Some(is))
        .symptom(Shown::of_static("none until the secret is rotated; then authentication fails for this reader"))
        .fix(shown!("take {} from {} again", key, was), None)
        .rollback(shown!("set {} back to {}; clients read it at start, so restart them", key, was))
        .discriminator(key)
        .build(),
    )
}
