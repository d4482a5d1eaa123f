use super::*;
use crate::platform::tests::side;

/// What each reference of the files finds.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let (sources, settings) = side(files);
    let references = references(&sources, &settings);
    let word = |r: &Reference| {
        let answer = match references.find(r) {
            Found::Here => "here".to_owned(),
            Found::Unknown => "unknown".to_owned(),
            Found::NoSuchKey(near) => format!("no such key, but {}", near.unwrap_or_default()),
            Found::Missing(near) => format!("missing {}", near.unwrap_or_default()).trim().to_owned(),
            Found::Late(_) => "late".to_owned(),
        };
        let key = r.key.as_ref().map(|k| format!("/{k}")).unwrap_or_default();
        format!("{}: {}{key} {answer}", r.reader, r.name)
    };
    references.uses.iter().map(word).collect()
}

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {host: a, user: b}\n";

fn pod(env: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: api}}\nspec:\n  containers:\n  - name: api\n{env}")
}

#[test]
fn keys_of_objects_are_looked_up() {
    let reference = |name: &str, key: &str| {
        pod(&format!(
            "    env:\n    - name: DB_HOST\n      valueFrom: {{secretKeyRef: {{name: {name}, key: {key}}}}}\n"
        ))
    };
    for (name, key, answer) in
        [("db", "host", "here"), ("db", "hots", "no such key, but host"), ("other", "host", "missing")]
    {
        let files = [("db.yaml", SECRET), ("api.yaml", &reference(name, key))];
        assert_eq!(found(&files), [format!("DB_HOST: {name}/{key} {answer}")]);
    }
}

#[test]
fn variables_count_from_above_and_in_arguments() {
    let env = "    env:\n    - {name: URL, value: 'pg://$(DB_HOST)'}\n    - {name: DB_HOST, value: db}\n    args: ['$(DB_HOST)', '$(DB_HOTS)']\n";
    let all = found(&[("api.yaml", &pod(env))]);
    assert_eq!(all.iter().filter(|a| a.ends_with("late")).count(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|a| a.ends_with("here")).count(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|a| a.ends_with("no such key, but DB_HOST")).count(), 1, "{all:?}");
}

#[test]
fn an_object_that_is_not_in_the_tree_may_hold_any_variable() {
    let env = "    envFrom: [{secretRef: {name: elsewhere}}]\n    env:\n    - {name: URL, value: 'pg://$(DB_HOST)'}\n";
    let all = found(&[("api.yaml", &pod(env))]);
    assert!(all.contains(&"URL: DB_HOST unknown".to_owned()), "{all:?}");
}

#[test]
fn declarations_of_terraform_hold_in_their_folder() {
    let main = "locals {\n  url = \"redis://${var.redis_host}:${var.redis_prot}\"\n}\n";
    let variables = "variable \"redis_host\" {}\nvariable \"redis_port\" {}\n";
    let all = found(&[("a/main.tf", main), ("a/variables.tf", variables)]);
    assert!(all[0].ends_with("var.redis_host here") && all[1].ends_with("var.redis_prot missing"), "{all:?}");
}

#[test]
fn a_value_is_there_with_what_is_below_or_above_it() {
    let names = ["db.host", "db.pool.max", "extra", "list[0]"].map(str::to_owned).into_iter().collect();
    for (path, there) in [
        ("db.host", true),
        ("db.pool", true),
        ("db", true),
        ("extra.more", true),
        ("list", true),
        ("db.ho", false),
        ("other", false),
    ] {
        assert_eq!(has_value(&names, path), there, "{path}");
    }
}
