//! `plimsoll drill`: a copy of a configuration with one mistake in it, and the answer in a file of its own.

use std::path::{Path, PathBuf};

use super::args::DrillArgs;
use super::{Failure, inputs, nearest, output, shown};
use crate::drill::{self, Exercise, File, HARMLESS, MISTAKES};
use crate::render::{Format, RenderOptions, render};
use crate::report::Report;
use crate::review::{Content, Input, Request, review};
use crate::rules::RULES;

/// Writes the exercise and its answer.
pub(super) fn run(args: &DrillArgs) -> Result<bool, Failure> {
    if args.list {
        return output::print(&list()).map(|()| false);
    }
    let (Some(path), Some(into)) = (&args.path, &args.into) else {
        return Err(Failure::new("nothing to make an exercise of", "give PATH and --into DIR"));
    };
    known_class(args.class.as_deref())?;
    if into.exists() {
        return Err(Failure::new(format!("{} exists already", shown(into)), "name a directory that does not exist"));
    }
    let mut progress = output::Progress::new();
    let read = inputs::read_one(path, &mut progress)?;
    progress.done();
    let (files, others) = texts(read);
    let Some(exercise) = drill::exercise(&files, args.class.as_deref(), args.seed) else {
        let what = format!("{} has no place for such a mistake", shown(path));
        return Err(Failure::new(what, "name another --class; plimsoll drill --list prints them"));
    };
    let after = with_edit(&files, &exercise);
    for (name, text) in &after {
        write(&into.join(name), text.as_bytes())?;
    }
    for (name, bytes) in &others {
        write(&into.join(name), bytes)?;
    }
    let answer = args.answer.clone().unwrap_or_else(|| beside(into));
    write(&answer, self::answer(&files, &after, &exercise, args.seed).as_bytes())?;
    let told = format!("{} holds one change; the answer is in {}\n", shown(into), shown(&answer));
    output::print(&told).map(|()| false)
}

fn known_class(name: Option<&str>) -> Result<(), Failure> {
    let Some(name) = name.filter(|name| !drill::classes().any(|class| class.name == *name)) else { return Ok(()) };
    let remedy = match nearest(name, drill::classes().map(|class| class.name)) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "plimsoll drill --list prints them".to_owned(),
    };
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    Err(Failure::new(format!("there is no class {name:?}"), &remedy))
}

fn list() -> String {
    let mut text = "Mistakes:\n".to_owned();
    MISTAKES.iter().for_each(|class| text.push_str(&format!("  {}\n", class.name)));
    text.push_str("\nHarmless, to see whether a reviewer cries wolf:\n");
    HARMLESS.iter().for_each(|class| text.push_str(&format!("  {}\n", class.name)));
    text
}

/// The files that are text, and the others as they are.
fn texts(read: Vec<Input>) -> (Vec<File>, Vec<(String, Vec<u8>)>) {
    let (mut files, mut others) = (Vec::new(), Vec::new());
    for input in read {
        let Content::Bytes(bytes) = input.content else { continue };
        match String::from_utf8(bytes) {
            Ok(text) => files.push((input.path, text)),
            Err(error) => others.push((input.path, error.into_bytes())),
        }
    }
    (files, others)
}

fn with_edit(files: &[File], exercise: &Exercise) -> Vec<File> {
    let mut after = files.to_vec();
    if let Some((_, text)) = after.get_mut(exercise.file) {
        text.clone_from(&exercise.text);
    }
    after
}

/// `exercise-answer.md` beside `exercise`: not in it, where the reader would stumble over it.
fn beside(into: &Path) -> PathBuf {
    let mut name = into.file_name().unwrap_or_default().to_owned();
    name.push("-answer.md");
    into.with_file_name(name)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |error: std::io::Error| {
        Failure::new(format!("{} cannot be written: {error}", shown(path)), "choose another place")
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    std::fs::write(path, bytes).map_err(fail)
}

fn answer(before: &[File], after: &[File], exercise: &Exercise, seed: u64) -> String {
    let input = |(path, text): &File| Input { path: path.clone(), content: Content::Bytes(text.clone().into_bytes()) };
    let report: Report = review(Request {
        old: before.iter().map(input).collect(),
        new: after.iter().map(input).collect(),
        ..Request::default()
    });
    let path = before.get(exercise.file).map_or("", |(path, _)| path);
    let options = RenderOptions { rules: RULES, ..RenderOptions::default() };
    format!(
        "# The answer\n\n{}: `{path}`, line {} (seed {seed}).\n\nWhat Plimsoll says of it:\n\n{}",
        exercise.class,
        exercise.line,
        render(&report, Format::Markdown, &options)
    )
}
