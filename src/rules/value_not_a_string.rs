//! A number or a switch where Kubernetes takes only text.

use crate::declare_rule;
use crate::document::{Scalar, ScalarKind};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::{ChangeSide, Explained};
use crate::placeholder;
use crate::rule::{Context, State};
use crate::secret::Shown;
use crate::setting::{KeyPath, Resource, Segment, Shape};
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// An environment variable, a ConfigMap's or a Secret's value that YAML reads as a number or a switch, because its
    /// quotes are missing; also a template expression that lost its `quote`.
    ///
    /// ## Why it hurts
    ///
    /// The API server refuses the whole object (`cannot unmarshal number into Go struct field`), so that nothing of the
    /// change arrives, and a pipeline that applies files one after the other stops half-way.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/config.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: orders}
    /// data:
    ///   DB_HOST: orders-db.example.internal
    ///   DB_PORT: "5432"
    /// ```
    ///
    /// ```yaml after prod/config.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: orders}
    /// data:
    ///   DB_HOST: orders-db.example.internal
    ///   DB_PORT: 5432
    /// ```
    ///
    /// ```yaml fixed prod/config.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: orders}
    /// data:
    ///   DB_HOST: orders-db.example.internal
    ///   DB_PORT: "5432"
    /// ```
    ///
    /// ## What to do
    ///
    /// Put quotes around it; in a Helm template, `| quote` behind it.
    ///
    /// ## When it is wrong
    ///
    /// When a tool that turns values into text stands between the file and the cluster.
    ///
    /// ## References
    ///
    /// - <https://kubernetes.io/docs/concepts/configuration/configmap/>
    pub(super) static VALUE_NOT_A_STRING = "value-not-a-string", High, High,
        "A number or switch where Kubernetes takes only text", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(ctx.changes.iter().filter_map(|change| finding(ctx, change)));
}

fn finding(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let new = change.new.as_ref()?;
    let resource = ctx.new.settings.resource_of(new.setting);
    let setting = ctx.new.settings.get(new.setting);
    if !takes_text_only(resource, &setting.path) {
        return None;
    }
    let was = change.old.as_ref().and_then(|old| refused(ctx.old, old, None));
    let why = refused(ctx.new, new, change.old.as_ref().map(|old| (ctx.old, old)))?;
    if was.is_some() {
        return None;
    }
    let key = ctx.name(&change.logical);
    let value = ctx.shown(&change.logical, new);
    let (severity, confidence) = match why {
        Why::Typed => (Severity::High, Confidence::High),
        Why::QuoteLost => (Severity::Medium, Confidence::High),
    };
    let title = match why {
        Why::Typed => shown!("{} is no text: {}", key, value),
        Why::QuoteLost => shown!("{} lost its quotes: {}", key, value),
    };
    let message = match why {
        Why::Typed => "Kubernetes takes only text here and refuses the whole object",
        Why::QuoteLost => {
            "a value such as 5432 or true is no text once it is filled in, and Kubernetes refuses the object"
        }
    };
    Some(
        FindingBuilder::new(VALUE_NOT_A_STRING.name, severity, confidence, new.at, title)
            .message(Shown::of_static(message))
            .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
            .setting(key.clone(), change.old.as_ref().map(|old| before(ctx, change, old)), Some(value))
            .symptom(Shown::of_static("cannot unmarshal number into Go struct field of type string"))
            .fix(shown!("put quotes around the value of {}", key), None)
            .rollback(shown!("write {} with its quotes again", key))
            .build(),
    )
}

/// The value before; with its quotes, since they are what is missing now.
fn before(ctx: &Context<'_>, change: &Explained, old: &ChangeSide) -> Shown {
    let text = ctx.shown(&change.logical, old);
    if ctx.old.settings.get(old.setting).value.quoted { shown!("\"{}\"", text) } else { text }
}

#[derive(Clone, Copy)]
enum Why {
    /// YAML reads it as a number or a switch.
    Typed,
    /// A template expression was quoted before.
    QuoteLost,
}

fn refused(side: State<'_>, here: &ChangeSide, before: Option<(State<'_>, &ChangeSide)>) -> Option<Why> {
    let value = &side.settings.get(here.setting).value;
    let typed = matches!(value.kind, ScalarKind::Int | ScalarKind::Float | ScalarKind::Bool) && !value.quoted;
    let templated = placeholder::is_reference(&value.text) || value.text.contains("{{");
    if typed && !templated {
        return Some(Why::Typed);
    }
    let (old_side, old) = before?;
    let old = &old_side.settings.get(old.setting).value;
    (templated && is_quoted(old) && old.text.contains("{{") && !is_quoted(value)).then_some(Why::QuoteLost)
}

/// Whether text comes out of it, whatever is filled in.
fn is_quoted(value: &Scalar) -> bool {
    value.quoted || ["quote", "b64enc", "toString", "toJson", "printf"].iter().any(|f| value.text.contains(f))
}

/// Whether the API takes only text at this place.
fn takes_text_only(resource: &Resource, path: &KeyPath) -> bool {
    let steps: Vec<Segment<'_>> = path.segments().collect();
    match (resource.id.kind.as_str(), steps.as_slice()) {
        ("ConfigMap", [Segment::Key("data"), Segment::Key(_)]) => true,
        ("Secret", [Segment::Key("stringData"), Segment::Key(_)]) => true,
        (
            _,
            [
                ..,
                Segment::Key("containers" | "initContainers"),
                _,
                Segment::Key("env"),
                Segment::Item(_),
                Segment::Key("value"),
            ],
        ) => matches!(resource.shape, Shape::Workload(_)) && !resource.id.is_file(),
        _ => false,
    }
}
