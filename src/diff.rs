//! What changed between two sides, by meaning.
//!
//! In: the settings of both sides. Out: changes in report order. Formatting, comments, quoting, the order of mappings,
//! of named list items, of documents and of files make none. `diff(x, x)` is empty; `diff(a, b)` mirrors `diff(b, a)`.

mod pair;
mod value;

use std::sync::Arc;

use crate::setting::{Resource, ResourceId, SettingRef, Settings};

/// All differences between two sides, by resource and then by path.
///
/// A resource that went to another file is one [`ChangeKind::Moved`] on its first setting, beside what was changed in it.
#[must_use]
pub fn diff(old: &Settings, new: &Settings) -> Vec<Change> {
    let mut changes = Vec::new();
    for pair in pair::pairs(old, new) {
        let before = pair.old.and_then(|index| old.resources.get(index));
        let after = pair.new.and_then(|index| new.resources.get(index));
        let Some(resource) = after.or(before) else { continue };
        if before.zip(after).is_some_and(|(before, after)| Arc::ptr_eq(before, after)) {
            continue;
        }
        let (before, after) = (before.map(Arc::as_ref), after.map(Arc::as_ref));
        let mut found = value::compare(before, after);
        if let (Some(before), Some(after)) = (before, after)
            && has_moved(before, after)
            && !before.settings.is_empty()
            && !after.settings.is_empty()
        {
            found.push(value::Found { kind: ChangeKind::Moved, old: Some(0), new: Some(0) });
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
        ] {
            check(before, after, &[]);
        }
    }

    #[test]
    fn the_same_value_of_another_type_is_retyped() {
        check("a: 10\n", "a: \"10\"\n", &["retyped a.yaml: a=10 > a=10"]);
        check("a: yes\n", "a: true\n", &["retyped a.yaml: a=yes > a=true"]);
        check("a: 1.0\n", "a: 1\n", &["retyped a.yaml: a=1.0 > a=1"]);
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
