//! Runs the examples of the tables: what a text gives must be what the entry says.

use std::collections::BTreeMap;

use super::Catalogue;
use super::recognise::{Query, relax};
use super::role::Role;
use super::schema::{Example, Library, Program, ProgramExample};
use super::value::{in_words, read_value};

/// Everything that an example of a library or a program says and the catalogue does not: one line each.
#[must_use]
pub fn broken_examples(catalogue: &Catalogue) -> Vec<String> {
    let libraries = catalogue.libraries().iter().flat_map(|l| l.examples.iter().map(move |e| (l, e)));
    let programs = catalogue.programs().iter().flat_map(|p| p.examples.iter().map(move |e| (p, e)));
    let mut broken: Vec<String> = libraries.filter_map(|(l, e)| broken_library(catalogue, l, e)).collect();
    broken.extend(programs.filter_map(|(p, e)| broken_program(catalogue, p, e)));
    broken
}

fn broken_library(catalogue: &Catalogue, library: &Library, example: &Example) -> Option<String> {
    let found = read_example(catalogue, example);
    let own = found.iter().all(|(id, _, _)| *id == library.id);
    let given: BTreeMap<Role, String> = found.iter().map(|(_, role, words)| (*role, words.clone())).collect();
    let same = given == example.expect && (own || example.expect.is_empty());
    (!same).then(|| format!("{}: {:?} gives {found:?}, expected {:?}", library.id, example.text, example.expect))
}

/// What each line of an example gives: library, role, value in words.
fn read_example<'c>(catalogue: &'c Catalogue, example: &Example) -> Vec<(&'c str, Role, String)> {
    let pairs: Vec<(&str, &str)> = example.text.lines().filter_map(|line| line.split_once('=')).collect();
    let pairs: Vec<(&str, &str)> = pairs.into_iter().map(|(k, v)| (k.trim(), v.trim())).collect();
    let images: Vec<&str> = example.image.as_deref().into_iter().collect();
    let is_env = example.file.ends_with(".env");
    let mut found = Vec::new();
    for (key, value) in &pairs {
        let whole = is_env || example.dialect.is_some();
        let path: Vec<&str> = if whole { vec![key] } else { key.split('.').collect() };
        let siblings = |name: &str| pairs.iter().any(|(other, _)| is_sibling(other, key, name));
        let query = Query {
            path: &path,
            is_env,
            siblings: &siblings,
            file: &example.file,
            dialect: example.dialect.as_deref(),
            images: &images,
        };
        let Some(found_here) = catalogue.recognise(&query) else { continue };
        let Some(library) = catalogue.libraries().get(found_here.library) else { continue };
        let value = read_value(found_here.setting, value);
        found.push((library.id.as_str(), found_here.setting.role, in_words(found_here.setting, &value)));
    }
    found
}

fn is_sibling(other: &str, key: &str, name: &str) -> bool {
    let split = |k: &str| k.rsplit_once('.').map_or((String::new(), relax(k)), |(p, l)| (p.to_owned(), relax(l)));
    let ((other_parent, other_leaf), (parent, leaf)) = (split(other), split(key));
    other_parent == parent && other_leaf == relax(name) && other_leaf != leaf
}

fn broken_program(catalogue: &Catalogue, program: &Program, example: &ProgramExample) -> Option<String> {
    let words: Vec<&str> = example.command.split_whitespace().collect();
    let env = |name: &str| example.env.get(name).map(|text| (text.as_str(), ()));
    let counted = |role: Role| {
        let count = catalogue.processes_of(role, &words, example.image.as_deref(), &env)?;
        Some((role, count.count.map_or_else(|| "unknown".to_owned(), |n| n.to_string())))
    };
    let roles = [Role::Processes, Role::Threads, Role::Concurrency, Role::RequestTimeout];
    let given: BTreeMap<Role, String> = roles.into_iter().filter_map(counted).collect();
    let told = || format!("{}: {:?} gives {given:?}, expected {:?}", program.id, example.command, example.expect);
    (given != example.expect).then(told)
}
