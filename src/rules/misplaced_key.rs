//! A key of a connection is in the file, and not where it is read.

use std::collections::BTreeSet;

use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::Context;
use crate::rule::references::part;
use crate::secret::Shown;
use crate::setting::{KeyPath, Resource, Setting};
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A key of a connection that lost the blank behind its colon (`host:orders-db`), so that YAML reads a text; and one
    /// that slipped out of its section, or into a neighbour, while the rest of the section stayed.
    ///
    /// ## Why it hurts
    ///
    /// The file parses, the value is in it, and the program does not see it. It takes its default instead, which is often
    /// the local machine.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   host: orders-db
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   host:orders-db
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   host: "orders-db"
    /// ```
    ///
    /// ## What to do
    ///
    /// Put the blank, or the indentation, back.
    ///
    /// ## When it is wrong
    ///
    /// Where the program was changed to read the key at its new place. A section that moves as a whole is not reported.
    ///
    /// ## References
    ///
    /// - <https://yaml.org/spec/1.2.2/#3131-mapping-nodes>
    pub(super) static MISPLACED_KEY = "misplaced-key", High, Medium,
        "A key of a connection is in the file, and not where it is read", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    out.extend(ctx.changes.iter().filter_map(|change| glued(ctx, change).or_else(|| slipped(ctx, change))));
}

/// The setting before, where it held a part of a connection.
fn lost<'a>(ctx: &Context<'a>, change: &Explained) -> Option<(&'a Resource, &'a Setting)> {
    // What is still at its place, with whatever value, is read there.
    let old = change.old.as_ref().filter(|_| change.new.is_none() || change.old_path.is_some())?.setting;
    let setting = ctx.old.settings.get(old);
    let told = ctx.old.facts.meanings.get(&old).is_some_and(|m| m.role.is_some());
    (told || part(&setting.logical).is_some()).then(|| (ctx.old.settings.resource_of(old), setting))
}

/// The same thing on the new side, where its key of before is gone.
fn heir<'a>(ctx: &Context<'a>, was: &Resource, setting: &Setting) -> Option<&'a Resource> {
    let mut all = ctx.new.settings.resources.iter();
    let is = all.find(|r| r.id == was.id && r.path == was.path)?;
    let stays = is.settings.binary_search_by(|s| s.path.cmp(&setting.path)).is_ok();
    (!stays).then_some(is)
}

/// `host:orders-db`: the key stands in a text.
fn glued(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let (was, setting) = lost(ctx, change)?;
    let is = heir(ctx, was, setting)?;
    let key = setting.path.last();
    if key.is_empty() {
        return None;
    }
    let is_glued = |word: &str| word.strip_prefix(key).and_then(|r| r.strip_prefix(':')).is_some_and(|v| !v.is_empty());
    let above = setting.path.parent();
    let holds = |s: &&Setting| {
        let is_text = !s.value.quoted && s.value.text.len() < 1024 && s.value.text.split_whitespace().any(is_glued);
        is_text && (s.path == above || s.path.parent() == above)
    };
    let text = is.settings.iter().find(holds)?;
    let place = text.at;
    let name = ctx.name(&setting.logical);
    let title = shown!("{} lost the blank behind its colon, and is a text now", name);
    let why = "without the blank YAML reads key and value as one text, and the program finds no such key";
    let fix = shown!("put a blank behind the colon of {}", name);
    Some(builder(ctx, change, Severity::High, place, setting, title, why).fix(fix, None).build())
}

/// The key is at another depth now, and its neighbours are where they were.
fn slipped(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let (was, setting) = lost(ctx, change)?;
    let is = heir(ctx, was, setting)?;
    let (key, above) = (setting.path.last(), setting.path.parent());
    let same = |s: &&Setting| s.path.last() == key && s.value.text == setting.value.text && s.path != setting.path;
    let came = |s: &&Setting| was.settings.binary_search_by(|o| o.path.cmp(&s.path)).is_err();
    let mut found = is.settings.iter().filter(same).filter(came);
    let (moved, None) = (found.next()?, found.next()) else { return None };
    let home = moved.path.parent();
    let out = above.is_below(&home) && home != above;
    let into = home.parent() == above;
    if !(out || into) || !has_staying_neighbour(was, is, setting, &above) || key.is_empty() {
        return None;
    }
    let severity = if part(&moved.logical).is_some() { Severity::Low } else { Severity::Medium };
    let name = ctx.name(&setting.logical);
    let title = shown!("{} stands under {} now", name, place_of(ctx, &home));
    let why = "the rest of its section stayed, so this looks like a slip of the indentation";
    let builder = builder(ctx, change, severity, moved.at, setting, title, why);
    let question = shown!("Does the program read {} at its new place?", name);
    Some(builder.fix(shown!("indent {} as it was", name), None).question(question).build())
}

fn place_of(ctx: &Context<'_>, home: &KeyPath) -> Shown {
    let text = home.to_string();
    if text.is_empty() { Shown::of_static("no section") } else { ctx.name(&text) }
}

/// Whether another key of a connection is in the section before and after.
fn has_staying_neighbour(was: &Resource, is: &Resource, lost: &Setting, above: &KeyPath) -> bool {
    let after: BTreeSet<&KeyPath> = is.settings.iter().map(|s| &s.path).collect();
    let mut near = was.settings.iter().filter(|s| s.path.parent() == *above && s.path != lost.path);
    near.any(|s| after.contains(&s.path) && part(&s.logical).is_some())
}

fn builder(
    ctx: &Context<'_>,
    change: &Explained,
    severity: Severity,
    at: crate::source::Location,
    setting: &Setting,
    title: Shown,
    why: &'static str,
) -> FindingBuilder {
    let name = ctx.name(&setting.logical);
    let old = change.old.as_ref().map(|old| ctx.shown(&setting.logical, old));
    FindingBuilder::new(MISPLACED_KEY.name, severity, Confidence::Medium, at, title)
        .message(Shown::of_static(why))
        .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
        .setting(name.clone(), old, None)
        .symptom(Shown::of_static("connections go to the default, often the local machine: connection refused"))
        .rollback(shown!("put {} back where it was; clients read it at start, so restart them", name))
        .discriminator(name)
}
