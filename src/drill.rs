//! Exercises for reviewers: one realistic mistake in a configuration, and what it was.
//!
//! In: the files of a configuration and the start of a row of random numbers. Out: the same files with one edit at a place
//! where this class of mistake is made, and the answer. The same engine is our own test: what it does must be found, and
//! what its harmless counterparts do must stay quiet. It works on files of plain ASCII, so that every byte is a place.

mod harmless;
mod mistakes;

use std::ops::Range;

use crate::catalogue::{Catalogue, Role};
use crate::connection::{Engine, is_local};
use crate::facts::{Declared, Endpoint, EndpointPart, Facts, assemble};
use crate::format;
use crate::platform::{EnvironmentRules, settings};
use crate::setting::Environment;
use crate::source::{Location, Side, Source, Sources};

pub use harmless::HARMLESS;
pub use mistakes::MISTAKES;

/// A file with its path.
pub type File = (String, String);

/// A place of a configuration where mistakes are made, with the files around it.
#[derive(Debug, Clone)]
pub struct Specimen<'a> {
    files: &'a [File],
    file: usize,
    engine: Engine,
    environment: Environment,
    /// Whether it is one string, and not spread over keys.
    is_string: bool,
    /// Where the whole value stands.
    whole: Range<usize>,
    /// Role, place and text of each part that stands in the file letter by letter.
    parts: Vec<(String, Range<usize>, String)>,
    number: Option<Number>,
}

/// A number of a pool, or the limit of a server.
#[derive(Debug, Clone)]
struct Number {
    /// What it sets; `None` for the limit of a server.
    role: Option<Role>,
    value: u64,
    range: Range<usize>,
}

/// What replaces some bytes of a specimen's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

/// A class of edits.
#[derive(Debug)]
pub struct Class {
    /// What happened, in words.
    pub name: &'static str,
    /// Makes one, where this place has what it takes.
    pub make: fn(&Specimen<'_>, &mut Random) -> Option<Edit>,
}

/// A configuration with one edit.
#[derive(Debug, Clone)]
pub struct Exercise {
    /// Name of the class.
    pub class: &'static str,
    /// Index of the changed file.
    pub file: usize,
    /// Line of the edit, from 1.
    pub line: usize,
    /// The text of the changed file.
    pub text: String,
}

/// The names of all classes, mistakes first.
pub fn classes() -> impl Iterator<Item = &'static Class> {
    MISTAKES.iter().chain(HARMLESS)
}

/// Makes one exercise: of the given class, or of a mistake that the numbers choose. `None` where no place has what the class
/// takes.
#[must_use]
pub fn exercise(files: &[File], class: Option<&str>, seed: u64) -> Option<Exercise> {
    let specimens = specimens(files);
    let mut random = Random::new(seed);
    let mut candidates: Vec<&Class> = match class {
        Some(name) => classes().filter(|c| c.name == name).collect(),
        None => MISTAKES.iter().collect(),
    };
    while !candidates.is_empty() && !specimens.is_empty() {
        let class = candidates.swap_remove(random.below(candidates.len()));
        let start = random.below(specimens.len());
        let (behind, before) = specimens.split_at(start.min(specimens.len()));
        for specimen in before.iter().chain(behind) {
            let Some(edit) = (class.make)(specimen, &mut random).filter(|edit| specimen.is_changed_by(edit)) else {
                continue;
            };
            let line = specimen.text().get(..edit.range.start).map_or(1, |before| before.matches('\n').count() + 1);
            return Some(Exercise { class: class.name, file: specimen.file, line, text: specimen.edited(&edit) });
        }
    }
    None
}

/// The places of a configuration where mistakes are made: addresses, pools, limits of servers.
#[must_use]
pub fn specimens(files: &[File]) -> Vec<Specimen<'_>> {
    let mut sources = Sources::default();
    let add = |(path, text): &File| {
        let id = sources.push(Source::new(path, Side::New, text.as_bytes()));
        format::parse(sources.get(id), id)
    };
    let documents: Vec<_> = files.iter().map(add).collect();
    let settings = settings(&sources, &documents, &EnvironmentRules::default());
    let Ok(catalogue) = Catalogue::builtin() else { return Vec::new() };
    let facts = assemble(&sources, &settings, &catalogue, &Declared::default());
    let addresses = facts.endpoints.iter().filter(|e| !e.superseded).filter_map(|e| of_endpoint(files, e));
    let mut all: Vec<Specimen<'_>> = addresses.collect();
    all.extend(of_numbers(files, &facts));
    all.retain(|specimen| specimen.text().is_ascii());
    all
}

fn of_endpoint<'a>(files: &'a [File], endpoint: &Endpoint) -> Option<Specimen<'a>> {
    let file = endpoint.at.source.0 as usize;
    let text = &files.get(file)?.1;
    let part = |part: &EndpointPart| {
        let range = part.at.span.range();
        let written = part.text.clone().filter(|t| text.get(range.clone()) == Some(t.as_str()));
        (part.at.source == endpoint.at.source).then_some((part.role.clone(), range, written?))
    };
    let parts: Vec<_> = endpoint.parts.iter().filter_map(part).collect();
    let whole = endpoint.at.span.range();
    text.get(whole.clone())?;
    Some(Specimen {
        files,
        file,
        engine: endpoint.engine,
        environment: endpoint.environment,
        is_string: endpoint.string.is_some(),
        whole,
        parts,
        number: None,
    })
}

fn of_numbers<'a>(files: &'a [File], facts: &Facts) -> Vec<Specimen<'a>> {
    let specimen = |role: Option<Role>, at: Location, environment: Environment| {
        let file = at.source.0 as usize;
        let range = at.span.range();
        let value = files.get(file)?.1.get(range.clone())?.parse().ok()?;
        Some(Specimen {
            files,
            file,
            engine: Engine::Unknown,
            environment,
            is_string: false,
            whole: range.clone(),
            parts: Vec::new(),
            number: Some(Number { role, value, range }),
        })
    };
    let pools = facts.pools.iter().filter(|p| !p.covered && !p.ambiguous);
    let settings = pools.flat_map(|p| p.settings.iter().map(|s| (Some(s.role), s.at, p.environment)));
    let limits = facts.servers.iter().filter_map(|s| Some((None, s.limit.at?, s.environment)));
    settings.chain(limits).filter_map(|(role, at, environment)| specimen(role, at, environment)).collect()
}

impl Specimen<'_> {
    /// The path of its file.
    #[must_use]
    pub fn path(&self) -> &str {
        self.files.get(self.file).map_or("", |(path, _)| path)
    }

    /// The text of its file.
    #[must_use]
    pub fn text(&self) -> &str {
        self.files.get(self.file).map_or("", |(_, text)| text)
    }

    /// Whether an edit leaves other bytes than were there.
    #[must_use]
    pub fn is_changed_by(&self, edit: &Edit) -> bool {
        self.text().get(edit.range.clone()).is_some_and(|before| before != edit.text)
    }

    /// The text of its file after an edit.
    #[must_use]
    pub fn edited(&self, edit: &Edit) -> String {
        let mut text = self.text().to_owned();
        if text.get(edit.range.clone()).is_some() {
            text.replace_range(edit.range.clone(), &edit.text);
        }
        text
    }

    /// All files after an edit.
    #[must_use]
    pub fn files_after(&self, edit: &Edit) -> Vec<File> {
        let mut files = self.files.to_vec();
        if let Some((_, text)) = files.get_mut(self.file) {
            *text = self.edited(edit);
        }
        files
    }

    /// All files.
    #[must_use]
    pub fn files(&self) -> &[File] {
        self.files
    }

    fn number(&self) -> Option<&Number> {
        self.number.as_ref()
    }

    /// A part that stands in the file letter by letter.
    fn part(&self, role: &str) -> Option<(&Range<usize>, &str)> {
        self.parts.iter().find(|(name, _, _)| name == role).map(|(_, range, text)| (range, text.as_str()))
    }

    /// A host that is a name of some length, not this machine and no address.
    fn named_host(&self) -> Option<(&Range<usize>, &str)> {
        let (range, host) = self.part("host")?;
        let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let letters = host.bytes().filter(u8::is_ascii_alphabetic).count();
        (plain && letters >= 6 && !is_local(host)).then_some((range, host))
    }

    /// What stands in the place of the whole value.
    fn string(&self) -> &str {
        self.text().get(self.whole.clone()).unwrap_or_default()
    }

    /// The whole of the file that has this one's name in another environment. Only files of some length: of a few lines
    /// nobody can tell a copy from an edit.
    fn other_environments_file(&self, random: &mut Random) -> Option<Edit> {
        const FEWEST_LINES: usize = 8;
        if self.environment != Environment::Production || self.text().lines().count() < FEWEST_LINES {
            return None;
        }
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let is_other = |(path, text): &&File| {
            path != self.path()
                && name(path) == name(self.path())
                && matches!(Environment::guess(path), Some(Environment::Staging | Environment::Development))
                && text.lines().count() >= FEWEST_LINES
                && text.is_ascii()
        };
        let others: Vec<&File> = self.files.iter().filter(is_other).collect();
        let (_, text) = random.pick(&others)?;
        Some(Edit { range: 0..self.text().len(), text: text.clone() })
    }
}

/// A small row of random numbers with a given start, so that an exercise comes back.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts a row.
    #[must_use]
    pub fn new(start: u64) -> Random {
        Random(start)
    }

    /// The next number, below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % n.max(1)
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(all.len());
        all.get(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<File> {
        let url = "DATABASE_URL=postgresql://orders@orders-db.prod.example.internal:5432/orders?sslmode=verify-full\n";
        vec![("prod/orders.env".to_owned(), url.to_owned())]
    }

    #[test]
    fn the_same_seed_makes_the_same_exercise() {
        let files = files();
        let text = |seed| exercise(&files, None, seed).map(|e| (e.class, e.text));
        assert_eq!(text(7), text(7));
        assert!((1..20).any(|seed| text(seed) != text(7)));
    }

    #[test]
    fn a_class_is_made_where_it_can_be() {
        let files = files();
        let made = exercise(&files, Some("protection switched off"), 1).expect("the string has a mode");
        assert!(made.text.contains("sslmode=disable") && made.line == 1 && made.file == 0);
        assert!(exercise(&files, Some("a lifetime written in seconds"), 1).is_none());
        assert!(exercise(&[], None, 1).is_none());
    }
}
