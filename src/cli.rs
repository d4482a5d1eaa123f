//! The command line: arguments in, reports out, an exit code.
//!
//! Exit 0: reviewed, nothing at or above `--fail-on`; 1: reviewed, something is; 2: not reviewed, with one message that
//! says what, where and the remedy.

#![expect(
    clippy::disallowed_methods,
    reason = "the command line is the place that reads files, the clock, the environment and git for the core"
)]

mod args;
mod baseline;
mod clock;
mod drill;
mod git;
mod inputs;
mod output;
mod page;
mod patch;
mod threads;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::budget::shared::SharedFacts;
use crate::budget::what_if::{self, WhatIf};
use crate::config::{Config, FailOn, nearest};
use crate::render::{Format, RenderOptions, render};
use crate::review::{Content, Input, Request, review};
use crate::rule::plain_docs;
use crate::rules::{self, RULES};
use crate::setting::Environment;
use crate::textdiff::Extent;

use args::{Args, AuditArgs, Command, Common, PageArgs, ReviewArgs, Sides};
use inputs::{Both, STDIN};

/// Name of the policy file at the root of the new side.
const POLICY_FILE: &str = "plimsoll.toml";

/// Why nothing was reviewed: one message with what, where and the remedy.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    fn new(what: impl std::fmt::Display, remedy: &str) -> Failure {
        Failure(format!("{what}; {remedy}"))
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Runs a command line: the program's name and its arguments.
fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors, and clap knows which stream they belong to. A closed stream is no news.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let outcome = match args.command {
        Command::Review(args) => review_command(&args),
        Command::Audit(args) => audit(&args),
        Command::Drill(args) => drill::run(&args),
        Command::Page(args) => page_command(&args).map(|()| false),
        Command::Explain { rule } => explain(&rule),
        Command::Rules => output::print(&list_of_rules()).map(|()| false),
    };
    match outcome {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(1),
        Err(Failure(message)) => {
            output::complain(&message);
            ExitCode::from(2)
        }
    }
}

fn review_command(args: &ReviewArgs) -> Result<bool, Failure> {
    // What can be wrong with the arguments is said before anything is read.
    let outputs = output::targets(&args.common)?;
    let environments = environments(&args.common.env)?;
    finish(both(&args.sides)?, &args.common, environments, &outputs, Asked::default())
}

/// Both sides, from wherever they are to come.
fn both(sides: &Sides) -> Result<Both, Failure> {
    let mut progress = output::Progress::new();
    let both = match (&sides.git, &sides.patch, &sides.old, &sides.new) {
        (Some(range), ..) => git::read(range, &mut progress)?,
        (_, Some(file), ..) => patch::read(file)?,
        (_, _, Some(old), Some(new)) => inputs::read_both(old, new, &mut progress)?,
        _ => return Err(Failure::new("nothing to review", "give OLD and NEW, --git BASE...HEAD, or --patch FILE")),
    };
    progress.done();
    Ok(both)
}

fn page_command(args: &PageArgs) -> Result<(), Failure> {
    let environments = environments(&args.env)?;
    let page = page::load(args.page.as_deref())?;
    if args.sides.is_empty() {
        let Some(file) = &args.save else { return page::serve(&page::filled(&page, None)?, args.port) };
        return Err(Failure::new(format!("there is nothing to save in {}", shown(file)), "give OLD and NEW as well"));
    }
    let both = both(&args.sides)?;
    let policy = policy(args.config.as_deref(), &both.new)?;
    // What is wrong with the policy is said here and not in a page that somebody opens later.
    let config = policy.as_ref().map(|(name, text)| parsed(name, text, &both.new)).transpose()?;
    let Some(file) = &args.save else {
        let policy = policy.map(|(_, text)| text);
        let given = page::given(&both, policy.as_deref(), &environments, &clock::today());
        return page::serve(&page::filled(&page, Some(&given))?, args.port);
    };
    let Both { old, new } = both;
    let config = config.unwrap_or_default();
    let (today, extent) = (Some(clock::today()), Extent::WholeFile);
    let report = review(Request { old, new, config, environments, today, extent, ..Request::default() });
    output::save(file, &page::filled(&page, Some(&page::given_report(&report)))?)
}

fn audit(args: &AuditArgs) -> Result<bool, Failure> {
    let outputs = output::targets(&args.common)?;
    let environments = environments(&args.common.env)?;
    let what_if = args
        .what_if
        .iter()
        .map(|text| what_if::parse(text).map_err(|error| Failure(format!("--what-if {:?}: {error}", printable(text)))));
    let asked = Asked { audit: Some(args), what_if: what_if.collect::<Result<_, _>>()? };
    let mut progress = output::Progress::new();
    let new = inputs::read_one(&args.path, &mut progress)?;
    progress.done();
    finish(Both { old: Vec::new(), new }, &args.common, environments, &outputs, asked)
}

/// What only an audit is asked.
#[derive(Default)]
struct Asked<'a> {
    audit: Option<&'a AuditArgs>,
    what_if: Vec<WhatIf>,
}

/// An argument as a message quotes it.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// Reviews what was read, writes the reports, and says whether the threshold was reached.
fn finish(
    both: Both,
    common: &Common,
    environments: Vec<(String, Environment)>,
    outputs: &[output::Target],
    asked: Asked<'_>,
) -> Result<bool, Failure> {
    let others = common.facts.iter().map(|file| other_facts(file)).collect::<Result<_, _>>()?;
    let config = match policy(common.config.as_deref(), &both.new)? {
        Some((name, text)) => parsed(&name, &text, &both.new)?,
        None => Config::default(),
    };
    let fail_on = common.fail_on.or(config.fail_on).unwrap_or_default();
    let Both { old, new } = both;
    let spread = threads::spread(common.jobs);
    let baseline = match asked.audit.and_then(|args| args.baseline.as_deref()) {
        Some(path) => baseline::read(path)?,
        None => BTreeSet::new(),
    };
    let request = Request {
        old,
        new,
        config,
        environments,
        today: Some(clock::today()),
        audit: asked.audit.is_some(),
        baseline,
        spread,
        what_if: asked.what_if,
        others,
        export_as: common.export_facts.as_deref().map(name_of),
        ..Request::default()
    };
    let report = review(request);
    if let Some(mistake) = report.mistakes.first() {
        return Err(Failure(format!("--what-if: {mistake}")));
    }
    if let (Some(file), Some(shared)) = (&common.export_facts, &report.shared) {
        output::write_facts(file, shared)?;
    }
    if let Some(path) = asked.audit.and_then(|args| args.write_baseline.as_deref()) {
        baseline::write(path, &report)?;
    }
    for target in outputs {
        let options =
            RenderOptions { explain: asked.audit.is_some_and(|args| args.explain), ..options(target, fail_on) };
        target.write(&render(&report, target.format, &options))?;
    }
    Ok(fail_on.is_reached(&report))
}

/// What another repository told. The file's text is not quoted in a message.
fn other_facts(file: &Path) -> Result<SharedFacts, Failure> {
    let text = String::from_utf8_lossy(&inputs::read_file(file)?).into_owned();
    SharedFacts::parse(&text)
        .map_err(|error| Failure::new(format!("{}: {error}", shown(file)), "give a file that --export-facts wrote"))
}

/// The name under which others know this repository: that of the file, without its ending.
fn name_of(file: &Path) -> String {
    file.file_stem().map_or_else(|| "another repository".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn options(target: &output::Target, fail_on: FailOn) -> RenderOptions {
    RenderOptions {
        color: target.color && target.format == Format::Text,
        fail_on: fail_on.severity(),
        rules: RULES,
        ..RenderOptions::default()
    }
}

/// Name and text of the policy: the given file, or the one at the root of the new side, or none.
fn policy(given: Option<&Path>, new: &[Input]) -> Result<Option<(String, String)>, Failure> {
    let (name, text) = match given {
        Some(path) => {
            let bytes = if path.as_os_str() == STDIN { inputs::stdin()? } else { inputs::read_file(path)? };
            (path.display().to_string(), bytes)
        }
        None => {
            let Some(input) = new.iter().find(|i| i.path == POLICY_FILE) else { return Ok(None) };
            let Content::Bytes(bytes) = &input.content else {
                return Err(Failure::new(
                    format!("{POLICY_FILE} is not a file that can be read"),
                    "name one with --config",
                ));
            };
            (POLICY_FILE.to_owned(), bytes.clone())
        }
    };
    match String::from_utf8(text) {
        Ok(text) => Ok(Some((name, text.trim_start_matches('\u{feff}').to_owned()))),
        Err(_) => Err(Failure::new(format!("{name} is not UTF-8"), "save it as UTF-8")),
    }
}

fn parsed(name: &str, text: &str, new: &[Input]) -> Result<Config, Failure> {
    let config = Config::parse(text, &rules::names()).map_err(|mut error| {
        error.file = name.to_owned();
        Failure(error.to_string())
    })?;
    extended(config, new)
}

/// The policy with the shared one of the tree that it builds on.
fn extended(config: Config, new: &[Input]) -> Result<Config, Failure> {
    let Some(path) = config.extends.clone() else { return Ok(config) };
    let text = new.iter().find(|i| i.path == path).and_then(|input| match &input.content {
        Content::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    });
    let Some(text) = text else {
        let what = format!("{POLICY_FILE} extends {path}, which is not a file of the tree that can be read");
        return Err(Failure::new(what, "write its path from the root of NEW"));
    };
    config.extended(text, &rules::names()).map_err(|error| Failure(error.to_string()))
}

fn environments(pairs: &[String]) -> Result<Vec<(String, Environment)>, Failure> {
    let read = |pair: &String| {
        let remedy = "write it like --env 'prod/**=production'";
        let (glob, name) = pair.rsplit_once('=').ok_or_else(|| Failure::new("--env has no '='", remedy))?;
        if let Some(fault) = crate::config::glob_fault(glob) {
            return Err(Failure::new(format!("--env has no path pattern: {fault}"), remedy));
        }
        match Environment::from_name(name) {
            Some(environment) => Ok((glob.to_owned(), environment)),
            None => Err(Failure::new("--env names no environment", "it is one of production, staging, development")),
        }
    };
    pairs.iter().map(read).collect()
}

fn explain(name: &str) -> Result<bool, Failure> {
    let Some(rule) = rules::rule(name) else {
        let known: Vec<&str> = rules::names();
        let remedy = match nearest(name, known) {
            Some(near) => format!("did you mean {near:?}? `plimsoll rules` lists all"),
            None => "`plimsoll rules` lists all".to_owned(),
        };
        let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
        return Err(Failure::new(format!("there is no rule {name:?}"), &remedy));
    };
    let head = format!(
        "{}\n{}\n\nSeverity {} in production, confidence {}\n\n",
        rule.name,
        rule.summary,
        rule.severity.as_str(),
        rule.confidence.as_str()
    );
    output::print(&format!("{head}{}\n", plain_docs(rule).trim_end())).map(|()| false)
}

fn list_of_rules() -> String {
    let width = RULES.iter().map(|r| r.name.len()).max().unwrap_or(0);
    RULES.iter().map(|r| format!("{:<width$}  {:<8}  {}\n", r.name, r.severity.as_str(), r.summary)).collect()
}

/// A path as messages name it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
