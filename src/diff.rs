//! What changed between two sides, by meaning.
//!
//! In: the settings of both sides. Out: changes in report order. Formatting, comments, quoting, the order of mappings,
//! of named list items, of documents and of files make none. `diff(x, x)` is empty; `diff(a, b)` mirrors `diff(b, a)`.

mod across;
mod list;
mod moves;
mod order;
mod pair;
mod resource;
mod tree;
mod value;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::setting::{Resource, ResourceId, SettingRef, Settings};

/// All differences between two sides, by resource and then by path.
///
/// A resource that went to another file is one [`ChangeKind::Moved`] on its first setting, beside what was changed in it.
#[must_use]
pub fn diff(old: &Settings, new: &Settings) -> Vec<Change> {
    let mut changes = Vec::new();
    let pairs = pair::pairs(old, new);
    for pair in &pairs {
        let before = pair.old.and_then(|index| old.resources.get(index));
        let after = pair.new.and_then(|index| new.resources.get(index));
        let Some(resource) = after.or(before) else { continue };
        if before.zip(after).is_some_and(|(before, after)| Arc::ptr_eq(before, after)) {
            continue;
        }
        let (before, after) = (before.map(Arc::as_ref), after.map(Arc::as_ref));
        let mut found = resource::compare(before, after);
        if let (Some(before), Some(after)) = (before, after)
            && has_moved(before, after)
        {
            found.extend(moved(before, after, &found));
        }
        let at = |resource: Option<usize>, setting: Option<u32>| {
            Some(SettingRef { resource: u32::try_from(resource?).ok()?, setting: setting? })
        };
        changes.extend(found.into_iter().map(|found| Change {
            kind: found.kind,
            old: at(pair.old, found.old),
            new: at(pair.new, found.new),
            resource: resource.id.clone(),
        }));
    }
    across::follow(&mut changes, &pairs, old, new);
    let path = |change: &Change| {
        let new = change.new.map(|at| &new.get(at).path);
        new.or_else(|| change.old.map(|at| &old.get(at).path))
    };
    changes.sort_by(|a, b| {
        (&a.resource, path(a), a.kind, a.new, a.old).cmp(&(&b.resource, path(b), b.kind, b.new, b.old))
    });
    changes
}

/// Whether a resource goes by another file or name, and no setting of it says so.
fn has_moved(old: &Resource, new: &Resource) -> bool {
    let renamed = old.id.kind == "service" && old.id.name != new.id.name;
    old.path != new.path || renamed
}

/// The first setting that a resource took along unchanged says that it has moved; what changed says so by itself.
fn moved(old: &Resource, new: &Resource, found: &[resource::Found]) -> Option<resource::Found> {
    let told: BTreeSet<u32> = found.iter().filter_map(|found| found.old).collect();
    let unchanged = (0..).zip(&old.settings).filter(|(at, _)| !told.contains(at));
    let kept = unchanged.into_iter().find_map(|(at, setting)| {
        let there = new.settings.binary_search_by(|s| s.path.cmp(&setting.path)).ok()?;
        Some((at, u32::try_from(there).ok()?))
    });
    let (old, new) = kept?;
    Some(resource::Found { kind: ChangeKind::Moved, old: Some(old), new: Some(new) })
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// Where it stood before; absent for an addition.
    pub old: Option<SettingRef>,
    /// Where it stands now; absent for a removal.
    pub new: Option<SettingRef>,
    /// The resource it belongs to (the new one where both exist).
    pub resource: ResourceId,
}

/// What happened to a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Not there before.
    Added,
    /// Not there any more.
    Removed,
    /// Another value.
    Modified,
    /// The same value in another file or under another key.
    Moved,
    /// The same text, read as another type (`10` and `"10"`).
    Retyped,
    /// The same items in another order, where order means something.
    Reordered,
}

impl ChangeKind {
    /// As the JSON report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Modified => "modified",
            ChangeKind::Moved => "moved",
            ChangeKind::Retyped => "retyped",
            ChangeKind::Reordered => "reordered",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::tests::side;
    use proptest::prelude::*;

    /// One line a change: `modified a.yaml: pool.max 10 -> 20`.
    fn lines(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<String> {
        let (_, old) = side(before);
        let (_, new) = side(after);
        diff(&old, &new).iter().map(|change| line(change, &old, &new)).collect()
    }

    fn line(change: &Change, old: &Settings, new: &Settings) -> String {
        let text = |side: &Settings, at: Option<SettingRef>| {
            at.map_or("-".to_owned(), |at| format!("{}={}", side.get(at).path, side.get(at).value.text))
        };
        let (a, b) = (text(old, change.old), text(new, change.new));
        format!("{} {}: {a} > {b}", change.kind.as_str(), change.resource)
    }

    fn check(before: &str, after: &str, expected: &[&str]) {
        assert_eq!(lines(&[("a.yaml", before)], &[("a.yaml", after)]), expected, "{before} > {after}");
    }

    #[test]
    fn values_are_added_removed_and_modified() {
        check(
            "a: 1\nb: 2\n",
            "b: 3\nc: x\n",
            &["removed a.yaml: a=1 > -", "modified a.yaml: b=2 > b=3", "added a.yaml: - > c=x"],
        );
    }

    #[test]
    fn spelling_is_no_change() {
        for (before, after) in [
            ("a: x # why\nb: 2\n", "b: 2\n\na:   \"x\"\n"),
            ("a: [x, y]\n", "a:\n  - y\n  - x\n"),
            ("a: ~\n", "a:\n"),
            ("a: 0x10\n", "a: 16\n"),
            ("a: true\n", "a: True\n"),
            ("l: [{name: a, v: 1}, {name: b, v: 2}]\n", "l: [{v: 2, name: b}, {v: 1, name: a}]\n"),
            ("a: &x {v: 1}\nb: *x\n", "a: {v: 1}\nb: {v: 1}\n"),
            ("a: 1_000\n", "a: 1000\n"),
            ("l: [{name: a, v: 1}, {name: a, v: 2}]\n", "l: [{name: a, v: 2}, {name: a, v: 1}]\n"),
            ("l: [a, b, a]\n", "l: [a, a, b]\n"),
            ("a: '{\"x\": [1, 2], \"y\": \"z\"}'\n", "a: '{\"y\":\"z\",\"x\":[1,2]}'\n"),
        ] {
            check(before, after, &[]);
        }
    }

    #[test]
    fn the_same_value_of_another_type_is_retyped() {
        check("a: 10\n", "a: \"10\"\n", &["retyped a.yaml: a=10 > a=10"]);
        check("a: yes\n", "a: true\n", &["retyped a.yaml: a=yes > a=true"]);
        check("a: 1.0\n", "a: 1\n", &["retyped a.yaml: a=1.0 > a=1"]);
        check("a: 1e3\n", "a: 1000\n", &["retyped a.yaml: a=1e3 > a=1000"]);
        check("a: 'true'\n", "a: True\n", &["retyped a.yaml: a=true > a=True"]);
        check("a: 010\n", "a: 10\n", &["modified a.yaml: a=010 > a=10"]);
        check(
            "a: 9007199254740993.0\n",
            "a: 9007199254740992\n",
            &["modified a.yaml: a=9007199254740993.0 > a=9007199254740992"],
        );
        check("a: yes\n", "a: no\n", &["modified a.yaml: a=yes > a=no"]);
    }

    #[test]
    fn a_variable_is_text_however_it_is_written() {
        let compose = |value: &str| format!("services:\n  a: {{image: x, environment: {{A: {value}}}}}\n");
        let change = |a: &str, b: &str| lines(&[("compose.yaml", &compose(a))], &[("compose.yaml", &compose(b))]);
        assert!(change("10", "'10'").is_empty());
        assert_eq!(change("'0x10'", "16"), ["modified service a: environment.A=0x10 > environment.A=16"]);
        let pod = |value: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, env: [{{name: A, value: {value}}}]}}]}}\n"
            )
        };
        assert_eq!(lines(&[("a.yaml", &pod("'1'"))], &[("a.yaml", &pod("1"))]).len(), 1);
    }

    #[test]
    fn an_empty_place_that_is_filled_is_no_change_of_its_own() {
        check(
            "a: []\nb:\nc: {}\n",
            "a: [x]\nb: {y: 1}\nc: {}\n",
            &["added a.yaml: - > a[x]=x", "added a.yaml: - > b.y=1"],
        );
        check("a: ~\n", "b: 1\n", &["removed a.yaml: a=~ > -", "added a.yaml: - > b=1"]);
    }

    #[test]
    fn an_argument_in_front_leaves_the_others_alone() {
        check(
            "args: [-c, max=1, -c, buf=2]\n",
            "args: [-v, -c, max=9, -c, buf=2]\n",
            &["added a.yaml: - > args[0]=-v", "modified a.yaml: args[1]=max=1 > args[2]=max=9"],
        );
        check(
            "args: ['--pool=1']\n",
            "args: ['--threads=1']\n",
            &["added a.yaml: - > args[0]=--threads=1", "removed a.yaml: args[0]=--pool=1 > -"],
        );
    }

    #[test]
    fn the_only_item_that_went_became_the_only_one_that_came() {
        check(
            "hosts: [db-1, db-2]\n",
            "hosts: [db-1, db-3]\n",
            &["modified a.yaml: hosts[db-2]=db-2 > hosts[db-3]=db-3"],
        );
        check(
            "hosts: [a]\n",
            "hosts: [b, c]\n",
            &["removed a.yaml: hosts[a]=a > -", "added a.yaml: - > hosts[b]=b", "added a.yaml: - > hosts[c]=c"],
        );
    }

    #[test]
    fn a_value_that_leaves_an_environment_has_not_moved() {
        check(
            "test: {pool: 10}\nproduction: {}\n",
            "test: {}\nproduction: {pool: 10}\n",
            &["added a.yaml: - > production.pool=10", "removed a.yaml: test.pool=10 > -"],
        );
    }

    #[test]
    fn the_order_of_arguments_is_one_change() {
        check("args: [a, b, c]\n", "args: [a, c, b]\n", &["reordered a.yaml: args[1]=b > args[1]=c"]);
    }

    #[test]
    fn items_without_a_name_are_compared_one_by_one() {
        let before = "s: [{host: a, port: 1}, {host: b, port: 1}]\n";
        let after = "s: [{host: a, port: 1}, {host: b, port: 2}, {host: c, port: 1}]\n";
        check(
            before,
            after,
            &[
                "modified a.yaml: s[1].port=1 > s[1].port=2",
                "added a.yaml: - > s[2].host=c",
                "added a.yaml: - > s[2].port=1",
            ],
        );
    }

    #[test]
    fn an_item_under_another_name_is_compared_with_itself() {
        check(
            "c: [{name: web, image: x:1, port: 80}, {name: b, image: y}]\n",
            "c: [{name: api, image: x:1, port: 81, a: bc, d: ef}, {name: b, image: y}]\n",
            &[
                "added a.yaml: - > c[api].a=bc",
                "added a.yaml: - > c[api].d=ef",
                "added a.yaml: - > c[api].image=x:1",
                "added a.yaml: - > c[api].name=api",
                "added a.yaml: - > c[api].port=81",
                "removed a.yaml: c[web].image=x:1 > -",
                "removed a.yaml: c[web].name=web > -",
                "removed a.yaml: c[web].port=80 > -",
            ],
        );
        check(
            "c: [{name: web, image: x:1, port: 80}, {name: b, image: y}]\n",
            "c: [{name: b, image: y}, {name: api, image: x:1, port: 80}]\n",
            &["modified a.yaml: c[web].name=web > c[api].name=api"],
        );
        check(
            "ports: [{containerPort: 80}, {containerPort: 90}]\n",
            "ports: [{containerPort: 80}, {containerPort: 91}]\n",
            &["modified a.yaml: ports[90/TCP].containerPort=90 > ports[91/TCP].containerPort=91"],
        );
        check(
            "l: [{name: test, url: abc, x: de}]\n",
            "l: [{name: production, url: abc, x: de}]\n",
            &[
                "added a.yaml: - > l[production].name=production",
                "added a.yaml: - > l[production].url=abc",
                "added a.yaml: - > l[production].x=de",
                "removed a.yaml: l[test].name=test > -",
                "removed a.yaml: l[test].url=abc > -",
                "removed a.yaml: l[test].x=de > -",
            ],
        );
    }

    #[test]
    fn items_without_a_name_are_paired_by_what_they_have_in_common() {
        check(
            "s: [{host: a, port: 10, tls: on}, {host: b, port: 20, tls: on}]\n",
            "s: [{host: b, port: 21, tls: on}, {host: a, port: 11, tls: on}]\n",
            &["modified a.yaml: s[1].port=20 > s[0].port=21", "modified a.yaml: s[0].port=10 > s[1].port=11"],
        );
    }

    #[test]
    fn a_subtree_moves_as_a_whole() {
        check(
            "a: {db: {host: x, port: 10, on: true}}\nb: {c: 1}\n",
            "a: {}\nb: {c: 1, database: {host: x, port: 10, on: true}}\n",
            &[
                "moved a.yaml: a.db.host=x > b.database.host=x",
                "moved a.yaml: a.db.on=true > b.database.on=true",
                "moved a.yaml: a.db.port=10 > b.database.port=10",
            ],
        );
        check(
            "a: {host: xy, port: 10, on: true}\n",
            "b: {host: xy, port: 11, on: true}\n",
            &[
                "moved a.yaml: a.host=xy > b.host=xy",
                "moved a.yaml: a.on=true > b.on=true",
                "modified a.yaml: a.port=10 > b.port=11",
            ],
        );
    }

    #[test]
    fn a_key_under_another_name_has_moved() {
        check(
            "p: {pool_size: 10, x: 1}\n",
            "p: {poolSize: 10, x: 1}\n",
            &["moved a.yaml: p.pool_size=10 > p.poolSize=10"],
        );
        check("a: {one: 10}\n", "a: {other: 10}\n", &["removed a.yaml: a.one=10 > -", "added a.yaml: - > a.other=10"]);
        check("host: db.example\n", "server: db.example\n", &["moved a.yaml: host=db.example > server=db.example"]);
        check(
            "dev_host: db.example\n",
            "prod_host: db.example\n",
            &["removed a.yaml: dev_host=db.example > -", "added a.yaml: - > prod_host=db.example"],
        );
        check("a.b: 1\n", "a: {b: 1}\n", &["moved a.yaml: a.b=1 > a.b=1"]);
    }

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers: [{name: x, image: a}, {name: y, image: b}]\n  \
                       containers: [{name: c, env: [{name: A, value: one}, {name: B, value: $(A)-x}, {name: C, value: '3'}]}]\n";

    fn pod(from: &str, to: &str, expected: &[&str]) {
        assert!(POD.contains(from));
        assert_eq!(lines(&[("a.yaml", POD)], &[("a.yaml", &POD.replace(from, to))]), expected, "{from} > {to}");
    }

    #[test]
    fn order_counts_where_it_changes_what_is_seen() {
        pod(
            "{name: x, image: a}, {name: y, image: b}",
            "{name: y, image: b}, {name: x, image: a}",
            &["reordered Pod p: spec.initContainers[x].image=a > spec.initContainers[y].image=b"],
        );
        pod(
            "{name: A, value: one}, {name: B, value: $(A)-x}",
            "{name: B, value: $(A)-x}, {name: A, value: one}",
            &["reordered Pod p: spec.containers[c].env[B].value=$(A)-x > spec.containers[c].env[B].value=$(A)-x"],
        );
        pod("{name: B, value: $(A)-x}, {name: C, value: '3'}", "{name: C, value: '3'}, {name: B, value: $(A)-x}", &[]);
    }

    #[test]
    fn a_workload_of_another_kind_is_the_same_one() {
        let text = |api: &str, kind: &str| {
            format!(
                "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{replicas: 2, template: {{spec: {{containers: [{{name: c, image: x}}]}}}}}}\n"
            )
        };
        assert_eq!(
            lines(
                &[("a.yaml", &text("apps/v1", "Deployment"))],
                &[("b.yaml", &text("argoproj.io/v1alpha1", "Rollout"))]
            ),
            [
                "modified Rollout a: apiVersion=apps/v1 > apiVersion=argoproj.io/v1alpha1",
                "modified Rollout a: kind=Deployment > kind=Rollout",
                "moved Rollout a: metadata.name=a > metadata.name=a",
            ]
        );
    }

    #[test]
    fn a_file_in_two_parts_has_moved() {
        let part = "db: {host: db.example, pool: 10, on: true}\n";
        let rest = "cache: {host: cache.example, size: 20}\n";
        assert_eq!(
            lines(&[("all.yaml", &format!("{rest}{part}"))], &[("all.yaml", rest), ("db.yaml", part)]),
            [
                "moved db.yaml: db.host=db.example > db.host=db.example",
                "moved db.yaml: db.on=true > db.on=true",
                "moved db.yaml: db.pool=10 > db.pool=10",
            ]
        );
    }

    #[test]
    fn a_secret_in_plain_text_is_the_same_secret() {
        let text = |data: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{data}\n");
        let change = |a: &str, b: &str| lines(&[("a.yaml", &text(a))], &[("a.yaml", &text(b))]);
        assert_eq!(
            change("data: {A: Zg==, B: Z28=}", "stringData: {A: f, B: no}"),
            ["moved Secret s: data.A=f > stringData.A=f", "modified Secret s: data.B=go > stringData.B=no"]
        );
        assert!(change("data: {A: aGVsbG8gd29ybGQ=}", "data: {A: \"aGVsbG8g\\nd29ybGQ=\"}").is_empty());
    }

    #[test]
    fn layout_of_a_longer_text_is_a_spelling_and_a_blank_after_a_word_is_not() {
        check("a: |\n  one\n  two\n", "a: |-\n  one\n  two\n", &["retyped a.yaml: a=one\ntwo\n > a=one\ntwo"]);
        check("a: 'x'\n", "a: 'x '\n", &["modified a.yaml: a=x > a=x "]);
    }

    #[test]
    fn a_value_under_another_parent_has_moved() {
        check("a: {pool: 10}\n", "b: {pool: 10}\n", &["moved a.yaml: a.pool=10 > b.pool=10"]);
        check("a: {on: true}\n", "b: {on: true}\n", &["removed a.yaml: a.on=true > -", "added a.yaml: - > b.on=true"]);
    }

    const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {A: one, B: two, C: three}\n";

    #[test]
    fn a_thing_in_another_file_has_moved_once() {
        let changed = MAP.replace("two", "2");
        assert_eq!(
            lines(&[("x/a.yaml", MAP)], &[("y/b.yaml", &changed)]),
            ["moved ConfigMap app: apiVersion=v1 > apiVersion=v1", "modified ConfigMap app: data.B=two > data.B=2",]
        );
    }

    #[test]
    fn the_same_thing_in_two_files_stays_in_its_file() {
        let other = MAP.replace("one", "1");
        let files = [("base/a.yaml", MAP), ("prod/a.yaml", other.as_str())];
        assert!(lines(&files, &[files[1], files[0]]).is_empty());
        let changed = other.replace("two", "2");
        let after = [("base/a.yaml", MAP), ("prod/a.yaml", changed.as_str())];
        assert_eq!(lines(&files, &after), ["modified ConfigMap app: data.B=two > data.B=2"]);
    }

    #[test]
    fn another_namespace_or_name_is_a_changed_value() {
        let spaced = MAP.replace("name: app", "name: app, namespace: shop");
        assert_eq!(
            lines(&[("a.yaml", MAP)], &[("a.yaml", &spaced)]),
            ["added ConfigMap shop/app: - > metadata.namespace=shop",]
        );
        let renamed = MAP.replace("name: app", "name: web");
        assert_eq!(
            lines(&[("a.yaml", MAP)], &[("a.yaml", &renamed)]),
            ["modified ConfigMap web: metadata.name=app > metadata.name=web",]
        );
    }

    #[test]
    fn a_renamed_file_is_recognised_by_its_content() {
        let before = "a: 1\nb: 2\nc: 3\n";
        assert_eq!(
            lines(&[("old.yaml", before)], &[("new.yaml", "a: 1\nb: 2\nc: 4\n")]),
            ["moved new.yaml: a=1 > a=1", "modified new.yaml: c=3 > c=4",]
        );
        let apart = lines(&[("old.yaml", before)], &[("new.yaml", "a: 1\nb: 3\nc: 4\n")]);
        assert_eq!(apart.len(), 6);
    }

    #[test]
    fn the_order_of_documents_is_no_change() {
        assert!(lines(&[("a.yaml", "a: 1\n---\nb: 2\n")], &[("a.yaml", "b: 2\n---\na: 1\n")]).is_empty());
        let other = MAP.replace("app", "web");
        let (there, back) = (format!("{MAP}---\n{other}"), format!("{other}---\n{MAP}"));
        assert!(lines(&[("a.yaml", &there)], &[("a.yaml", &back)]).is_empty());
    }

    #[test]
    fn a_service_under_another_name_has_moved() {
        let text = |name: &str| format!("services:\n  {name}: {{image: x, command: y, ports: ['80:80']}}\n");
        assert_eq!(
            lines(&[("compose.yaml", &text("a"))], &[("compose.yaml", &text("b"))]),
            ["moved service b: command=y > command=y",]
        );
    }

    /// A small tree as YAML in flow style.
    fn tree() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec!["a", "b", "c", "pool", "1", "2", "10", "true", "~", "'1'", "0x1"]);
        let leaf = word.prop_map(str::to_owned);
        leaf.prop_recursive(3, 24, 4, |inner| {
            let key = prop::sample::select(vec!["a", "b", "pool", "env", "args", "X"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
                prop::collection::btree_map(key, inner, 0..4).prop_map(|map| {
                    let pairs: Vec<String> = map.into_iter().map(|(k, v)| format!("{k}: {v}")).collect();
                    format!("{{{}}}", pairs.join(", "))
                }),
            ]
        })
    }

    fn files() -> impl Strategy<Value = Vec<(String, String)>> {
        let path = prop::sample::select(vec!["a.yaml", "b.yaml", "c/a.yaml"]);
        let object = (prop::sample::select(vec!["ConfigMap", "Pod", "Widget"]), tree()).prop_map(|(kind, tree)| {
            format!("{{apiVersion: x.io/v1, kind: {kind}, metadata: {{name: n}}, data: {tree}, spec: {tree}}}")
        });
        let documents = prop::collection::vec(prop_oneof![tree(), object], 1..4).prop_map(|all| all.join("\n---\n"));
        prop::collection::btree_map(path, documents, 0..3)
            .prop_map(|all| all.into_iter().map(|(path, text)| (path.to_owned(), text)).collect())
    }

    fn read(files: &[(String, String)]) -> Settings {
        let borrowed: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        side(&borrowed).1
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn nothing_differs_from_itself(files in files()) {
            let (old, new) = (read(&files), read(&files));
            prop_assert_eq!(diff(&old, &new), Vec::new());
        }

        #[test]
        fn there_and_back_mirror_each_other(before in files(), after in files()) {
            let (old, new) = (read(&before), read(&after));
            let mirrored = |change: Change| {
                let kind = match change.kind {
                    ChangeKind::Added => ChangeKind::Removed,
                    ChangeKind::Removed => ChangeKind::Added,
                    same => same,
                };
                (kind, change.new, change.old)
            };
            let mut there: Vec<_> = diff(&old, &new).into_iter().map(|c| (c.kind, c.old, c.new)).collect();
            let mut back: Vec<_> = diff(&new, &old).into_iter().map(mirrored).collect();
            there.sort();
            back.sort();
            prop_assert_eq!(there, back);
        }

        #[test]
        fn paths_are_sorted_and_every_setting_stands_in_its_file(files in files()) {
            let settings = read(&files);
            for resource in &settings.resources {
                prop_assert!(resource.settings.is_sorted_by(|a, b| a.path < b.path));
                prop_assert!(resource.settings.iter().all(|s| s.unit.is_none_or(|u| (u as usize) < resource.units.len())));
                prop_assert!(resource.settings.iter().all(|s| s.at.source == resource.source));
            }
        }

        #[test]
        fn the_order_of_files_and_documents_has_no_influence(files in files()) {
            let reversed: Vec<(String, String)> = files
                .iter()
                .rev()
                .map(|(path, text)| {
                    let documents: Vec<&str> = text.split("\n---\n").collect();
                    (path.clone(), documents.into_iter().rev().collect::<Vec<_>>().join("\n---\n"))
                })
                .collect();
            prop_assert_eq!(diff(&read(&files), &read(&reversed)), Vec::new());
        }
    }
}
