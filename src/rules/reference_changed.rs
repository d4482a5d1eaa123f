//! A part of a connection comes from elsewhere than before.

use crate::connection;
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::references::{Fit, Moved, Values, is_of_connection, moved, option_of, renamed_everywhere};
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::Segment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A host, port, URL, database, user or password that is taken from another variable, template value, output or
    /// object than before: `$(DB_URL)` and `$(REPORTS_URL)`, `${module.a.host}` and `${module.b.host}`, another name or
    /// key under `secretKeyRef`, another `valuesKey` of a release.
    ///
    /// ## Why it hurts
    ///
    /// It is a change of the address that shows no address. What stands behind the new name is not in the line, so the
    /// usual look at host and port does not happen.
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
    ///         - name: DATABASE_URL
    ///           valueFrom: {secretKeyRef: {name: orders-db, key: url}}
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
    ///         - name: DATABASE_URL
    ///           valueFrom: {secretKeyRef: {name: reports-db, key: url}}
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
    ///         image: orders:2
    ///         env:
    ///         - name: DATABASE_URL
    ///           valueFrom: {secretKeyRef: {name: orders-db, key: url}}
    /// ```
    ///
    /// ## What to do
    ///
    /// Look up what stands behind both names, and treat it as a change of the address itself.
    ///
    /// ## When it is wrong
    ///
    /// Where both names lead to the same value. A rename that is done alike everywhere is reported low, as is a new
    /// name that fits its holder better than the old one.
    ///
    /// ## References
    ///
    /// - <https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>
    pub(super) static REFERENCE_CHANGED = "reference-changed", Medium, Medium,
        "A part of a connection comes from elsewhere than before", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let all = moved(ctx);
    let renamed = renamed_everywhere(ctx, &all);
    let values = Values::of(ctx, &all);
    for (at, moved) in all.iter().enumerate() {
        let (severity, why) = match values.are_same(moved) {
            true => (
                Severity::Low,
                Shown::of_static("both names stand for the same value in these files, or one is made of the other"),
            ),
            false => judge(ctx, moved, renamed.contains(&at)),
        };
        out.push(finding(ctx, moved, severity, why));
    }
}

/// How bad, and why in words.
fn judge(ctx: &Context<'_>, moved: &Moved<'_>, is_renamed: bool) -> (Severity, Shown) {
    let weight = match moved.role {
        "user" => Severity::Low,
        _ => Severity::Medium,
    };
    let fit = moved.fit(ctx);
    match () {
        () if moved.is_renamed_with_target(ctx) => {
            (Severity::Low, Shown::of_static("what the old name stood for has the new name since this change"))
        }
        () if moved.engine().is_some() => {
            (Severity::Medium, shown!("the new name speaks of another engine: {}", moved.engine().unwrap_or_default()))
        }
        () if moved.crossed().is_some() => (
            Severity::Medium,
            shown!("the new name speaks of another environment: {}", moved.crossed().map_or("", |e| e.as_str())),
        ),
        () if fit == Fit::Old => {
            (Severity::Medium, Shown::of_static("the old name fits the one who reads it, the new one does not"))
        }
        () if fit == Fit::New => {
            (Severity::Low, Shown::of_static("the new name fits the one who reads it, the old one did not"))
        }
        () if is_mending(moved) => (Severity::Low, Shown::of_static("the old name looks like a slip of the new one")),
        () if moved.is_reissued() => {
            (Severity::Low, Shown::of_static("both names speak of the same thing, kept elsewhere or issued anew"))
        }
        () if is_renamed => (
            Severity::Low,
            Shown::of_static("it is renamed alike in several places, and nothing asks for the old name any more"),
        ),
        () if moved.come.is_empty() => {
            (weight, Shown::of_static("it had the choice between several values, and has one of them now"))
        }
        () => (weight, Shown::of_static("what stands behind the new name is not in this line, and may lead elsewhere")),
    }
}

/// Whether a word that everybody knows was misspelt before and is not now.
fn is_mending(moved: &Moved<'_>) -> bool {
    let ([was], [is]) = (moved.gone.as_slice(), moved.come.as_slice()) else { return false };
    connection::host_typo(was, is).is_some() && is_of_connection(is) && !is_of_connection(was)
}

fn finding(ctx: &Context<'_>, moved: &Moved<'_>, severity: Severity, why: Shown) -> Finding {
    let change = moved.change;
    let option = (option_of(&moved.old.text), option_of(&moved.new.text));
    let (key, old, new) = match option {
        (Some((name, was)), Some((same, is))) if name == same && !moved.old.secret && !moved.new.secret => {
            (ctx.name(name), ctx.redactor.value(name, was), ctx.redactor.value(name, is))
        }
        _ => (label(ctx, moved), ctx.shown(&change.logical, moved.old), ctx.shown(&change.logical, moved.new)),
    };
    let role = moved.role;
    let title = shown!("{} comes from elsewhere: {} → {}", key, old, new);
    let builder = FindingBuilder::new(REFERENCE_CHANGED.name, severity, Confidence::Medium, moved.new.at, title)
        .message(why)
        .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
        .setting(key.clone(), Some(old.clone()), Some(new.clone()))
        .symptom(Shown::of_static(match role {
            "password" | "user" => "authentication failed",
            _ => {
                "connections go to another server or fail: connection refused, unknown database, authentication failed"
            }
        }))
        .fix(shown!("confirm that {} gives the {} that is meant here", new, role), None)
        .rollback(wording::set_back(&key, Some(&old)))
        .discriminator(new.clone());
    if severity > Severity::Low {
        return builder.question(shown!("Does {} lead to the same data as {} did?", new, old)).build();
    }
    builder.build()
}

/// What to call the setting: the variable that an object's key goes to, with what of the reference changed.
fn label(ctx: &Context<'_>, moved: &Moved<'_>) -> Shown {
    let path = &ctx.new.settings.get(moved.new.setting).path;
    let segments: Vec<Segment<'_>> = path.segments().collect();
    let reader = segments.iter().position(|s| *s == Segment::Key("valueFrom")).and_then(|at| {
        match segments.get(at.checked_sub(1)?)? {
            Segment::Key(name) | Segment::Item(name) => Some(*name),
            _ => None,
        }
    });
    match reader {
        Some(reader) => shown!("{}.{}.{}", ctx.name(reader), ctx.name(path.parent().last()), ctx.name(path.last())),
        None if moved.is_object => ctx.name(&moved.change.path),
        None => ctx.name(&moved.change.logical),
    }
}
