//! A reference to something that is not there.

use std::collections::BTreeMap;

use crate::connection;
use crate::declare_rule;
use crate::facts::references::{Found, Reference, References, Space};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::references::{is_of_connection, option_of, part};
use crate::secret::{Redactor, Shown};
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A reference whose target went with this change or was never there: a key that a ConfigMap or Secret of the tree
    /// does not hold, an object, variable, chart value or declaration that was removed or renamed while a reader stayed, a name that
    /// is a slip away from one that is there, a `$(NAME)` that no variable of the container answers to. The nearest name
    /// is told.
    ///
    /// ## Why it hurts
    ///
    /// A pod with a missing key does not start (`CreateContainerConfigError`), and a rollout stops half way. A variable
    /// that nothing answers to stays as it is written, and clients look for a host called `$(DB_HOST)`.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/api.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: orders-db, namespace: shop}
    /// data:
    ///   db-host: orders-db.prod.example.internal
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: orders, namespace: shop}
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         env:
    ///         - name: DB_HOST
    ///           valueFrom: {configMapKeyRef: {name: orders-db, key: db-host}}
    /// ```
    ///
    /// ```yaml after prod/api.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: orders-db, namespace: shop}
    /// data:
    ///   db-hostname: orders-db.prod.example.internal
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: orders, namespace: shop}
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         env:
    ///         - name: DB_HOST
    ///           valueFrom: {configMapKeyRef: {name: orders-db, key: db-host}}
    /// ```
    ///
    /// ```yaml fixed prod/api.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: orders-db, namespace: shop}
    /// data:
    ///   db-hostname: orders-db.prod.example.internal
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: orders, namespace: shop}
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         env:
    ///         - name: DB_HOST
    ///           valueFrom: {configMapKeyRef: {name: orders-db, key: db-hostname}}
    /// ```
    ///
    /// ## What to do
    ///
    /// Write the name that is there, or put back what the reader needs.
    ///
    /// ## When it is wrong
    ///
    /// Where something outside the repository adds the key or object. An object that is simply not in the tree is never
    /// reported, nor is one that may be filled from elsewhere.
    ///
    /// ## References
    ///
    /// - <https://kubernetes.io/docs/concepts/configuration/secret/#restriction-secret-must-exist>
    /// - <https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>
    pub(super) static DANGLING_REFERENCE = "dangling-reference", High, High,
        "A reference to something that is not there", check;
}

/// Why nothing answers.
enum Cause {
    /// The object or container is there and has no such key.
    NoKey,
    /// It was there before this change.
    Removed,
    /// A name that is a slip away is there.
    Slip,
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let (old, new) = (&ctx.old.facts.references, &ctx.new.facts.references);
    let mut before: BTreeMap<&str, Vec<&Reference>> = BTreeMap::new();
    for reference in old.uses.iter().filter(|_| !ctx.audit) {
        before.entry(&reference.owner).or_default().push(reference);
    }
    for reference in new.uses.iter().filter(|r| !r.optional) {
        let now = new.find(reference);
        if !matches!(now, Found::NoSuchKey(_) | Found::Missing(_)) {
            continue;
        }
        let asked = before.get(reference.owner.as_str()).map(Vec::as_slice).unwrap_or_default();
        let known = asked.iter().find(|r| r.name == reference.name && r.key == reference.key);
        // What pointed nowhere before is no work of this change.
        let was = if ctx.audit { Found::Unknown } else { old.find(reference) };
        if known.is_some() && was == now {
            continue;
        }
        let cause = match (&now, &was) {
            (Found::NoSuchKey(_), Found::Here) if known.is_some() => Cause::Removed,
            (Found::NoSuchKey(_), Found::NoSuchKey(_)) if known.is_some() => continue,
            (Found::NoSuchKey(_), _) => Cause::NoKey,
            (Found::Missing(_), Found::Here) => Cause::Removed,
            (Found::Missing(_), _) if known.is_none() => Cause::Slip,
            _ => continue,
        };
        let near = match now {
            Found::NoSuchKey(near) | Found::Missing(near @ Some(_)) => near,
            _ => asked.iter().take(MOST_ASKED).find(|r| is_slip_of(new, r, reference)).map(|r| r.name.clone()),
        };
        if matches!(cause, Cause::Slip) && near.is_none() {
            continue;
        }
        out.extend(finding(ctx, reference, &cause, near.as_deref()));
    }
}

/// Most names in one setting that are compared with a new one.
const MOST_ASKED: usize = 16;

/// Whether the setting asked for a name before that is still there, and of which the new one is a slip.
fn is_slip_of(new: &References, before: &Reference, now: &Reference) -> bool {
    let alike = before.space == now.space && connection::host_typo(&before.name, &now.name).is_some();
    alike && new.find(before) == Found::Here
}

/// How much it matters: whether a connection comes from it, or stands beside it.
fn severity(ctx: &Context<'_>, reference: &Reference) -> Severity {
    let meanings = &ctx.new.facts.meanings;
    let told = meanings.get(&reference.setting).is_some_and(|m| m.role.is_some() || m.endpoint.is_some());
    let names = [Some(reference.reader.as_str()), reference.key.as_deref()];
    let is_part = |name: &str| part(name).is_some() || Redactor::is_secret_key(name) || is_of_connection(name);
    let whole = reference.key.is_none() && matches!(reference.space, Space::ConfigMap | Space::Secret);
    let taken = || ctx.old.facts.references.keys(reference).iter().any(|key| part(key).is_some());
    if told || names.into_iter().flatten().any(is_part) || whole && taken() {
        // What a file does not give any more, the environment may.
        return if reference.space == Space::Files { Severity::Medium } else { Severity::High };
    }
    let holder = reference.setting.resource;
    let beside = ctx.new.facts.endpoints.iter().any(|e| e.setting.resource == holder);
    if beside { Severity::Medium } else { Severity::Low }
}

fn finding(ctx: &Context<'_>, reference: &Reference, cause: &Cause, near: Option<&str>) -> Option<Finding> {
    let holder = ctx.new_resource(reference.setting);
    // An argument goes by its option.
    let text = &ctx.new.settings.get(reference.setting).value.text;
    let option = option_of(text).filter(|_| reference.space == Space::Container).map(|(name, _)| name);
    let reader = ctx.name(option.unwrap_or(&reference.reader));
    let kind = reference.space.as_str();
    let name = ctx.name(&reference.name);
    let is_key = reference.key.is_some() && !matches!(cause, Cause::Slip);
    let wanted = match &reference.key {
        Some(key) if is_key => ctx.name(key),
        _ => name.clone(),
    };
    let what = match (&reference.key, is_key) {
        (Some(key), true) => shown!("key {} of {} {}", ctx.name(key), kind, name),
        _ => shown!("{} {}", kind, name),
    };
    let title = match cause {
        Cause::Removed => shown!("{} asks for {}, which is gone", reader, what),
        Cause::NoKey => shown!("{} asks for {}, which is not there", reader, what),
        Cause::Slip => shown!("{} asks for {}; {} is there", reader, what, ctx.name(near?)),
    };
    let message = match (cause, reference.space) {
        (Cause::Removed, _) => "it went or got another name in this change, and this reader still asks for it",
        (Cause::NoKey, Space::Container) => {
            "no variable of the container has this name, so the expression stays in the value as it is written"
        }
        (Cause::NoKey, _) => "the object is among the files, and the key is not in it",
        (Cause::Slip, _) => "nothing of this name is among the files, and a name that differs by a slip is",
    };
    let symptom = match reference.space {
        Space::ConfigMap | Space::Secret if reference.key.is_some() => {
            "CreateContainerConfigError: couldn't find key in the object; the rollout stops"
        }
        Space::ConfigMap | Space::Secret => {
            "CreateContainerConfigError or FailedMount: object not found; the rollout stops"
        }
        Space::Container => "clients look for a host or user called $(NAME): getaddrinfo ENOTFOUND",
        Space::Terraform => "terraform plan: Reference to undeclared resource",
        Space::Hiera => "an empty value: Hiera puts nothing in the place of a key that it does not find",
        Space::Values => "an empty value in the rendered manifest, or: nil pointer evaluating interface",
        Space::Files => "an empty value, or Could not resolve placeholder at start",
    };
    let fix = match near {
        Some(near) => shown!("write {}, or put {} back", ctx.name(near), wanted),
        None => shown!("put {} back, or take out what asks for it", wanted),
    };
    let is_sure = !matches!(reference.space, Space::Files | Space::Values | Space::Hiera);
    let confidence = if is_sure { Confidence::High } else { Confidence::Medium };
    // A name that slipped is shown where it stands, and not where the key behind it does.
    let is_name = matches!(cause, Cause::Slip) && reference.key.is_some();
    let at = if is_name { ctx.new.settings.get(reference.setting).at } else { reference.at };
    let subject = (!holder.id.is_file()).then(|| ctx.name(&holder.id.to_string()));
    Some(
        FindingBuilder::new(DANGLING_REFERENCE.name, severity(ctx, reference), confidence, at, title)
            .message(Shown::of_static(message))
            .subject(subject, holder.environment)
            .setting(reader.clone(), None, Some(wanted.clone()))
            .symptom(Shown::of_static(symptom))
            .fix(fix, near.map(|near| ctx.name(near)))
            .rollback(match cause {
                Cause::Removed => shown!("put {} back; clients read it at start, so restart them", what),
                _ => shown!("set {} back to what it was; clients read it at start, so restart them", reader),
            })
            .question(shown!("Does anything outside these files give {}?", what))
            .discriminator(wanted)
            .build(),
    )
}
