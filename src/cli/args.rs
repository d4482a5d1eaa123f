//! What may stand on the command line.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum, builder::PossibleValuesParser, builder::TypedValueParser};

use crate::config::FailOn;
use crate::render::{Format, RENDERERS};

/// Reviews configuration changes for database connections before they sail
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, propagate_version = true)]
#[command(after_help = "Exit code: 0 nothing at or above --fail-on, 1 something is, 2 not reviewed")]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Review a change: two files, two directories, a git range, or a patch
    #[command(after_help = "Examples:\n  plimsoll review before/ after/\n  plimsoll review --git main...HEAD\n  \
                            git diff main | plimsoll review --patch -")]
    Review(ReviewArgs),
    /// Look at one state: what is risky as it stands, with its budget
    Audit(AuditArgs),
    /// Write a copy of a configuration with one realistic mistake in it, and the answer beside
    #[command(after_help = "Examples:\n  plimsoll drill deploy --into exercise --seed 3\n  \
                            plimsoll drill deploy --into exercise --class 'a letter of the host is missing'\n  \
                            plimsoll drill --list")]
    Drill(DrillArgs),
    /// Serve the review page on this machine, with the two sides already in it
    #[command(
        after_help = "The page is found, in this order, as --page FILE, in the program itself where it was built \
                            with it,\nor as review.html beside the program. It is served on 127.0.0.1 only, until Ctrl-C."
    )]
    Page(PageArgs),
    /// Print a rule's documentation
    Explain {
        /// Name of the rule
        rule: String,
    },
    /// List the rules
    Rules,
}

#[derive(Debug, Group)]
pub(super) struct ReviewArgs {
    #[command(flatten)]
    pub(super) sides: Sides,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Where the two sides come from.
#[derive(Debug, Group)]
pub(super) struct Sides {
    /// File or directory before the change; - for standard input
    #[arg(value_name = "OLD", requires = "new", conflicts_with_all = ["git", "patch"])]
    pub(super) old: Option<PathBuf>,
    /// File or directory after the change; - for standard input
    #[arg(value_name = "NEW")]
    pub(super) new: Option<PathBuf>,
    /// Range in the git repository here: BASE...HEAD from their merge base, BASE..HEAD between the two
    #[arg(long, value_name = "RANGE", conflicts_with = "patch")]
    pub(super) git: Option<String>,
    /// Unified diff to review, all that is known being what it shows; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(super) patch: Option<PathBuf>,
}

impl Sides {
    /// Whether nothing was named at all.
    pub(super) fn is_empty(&self) -> bool {
        self.old.is_none() && self.new.is_none() && self.git.is_none() && self.patch.is_none()
    }
}

#[derive(Debug, Group)]
pub(super) struct PageArgs {
    #[command(flatten)]
    pub(super) sides: Sides,
    /// The built page, a file named review.html
    #[arg(long, value_name = "FILE")]
    pub(super) page: Option<PathBuf>,
    /// Write the page with the masked report in it to a file, instead of serving it
    #[arg(long, value_name = "FILE", conflicts_with = "port")]
    pub(super) save: Option<PathBuf>,
    /// Port to serve on; by default any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) port: u16,
    /// Policy file [default: plimsoll.toml at the root of NEW]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Environment of the files that match a path pattern; may be given several times
    #[arg(long, value_name = "GLOB=ENVIRONMENT")]
    pub(super) env: Vec<String>,
}

#[derive(Debug, Group)]
pub(super) struct AuditArgs {
    /// File or directory; - for standard input
    pub(super) path: PathBuf,
    /// Show the budget as if a number were another, such as 'replicas(Deployment shop/api)=20'; also pool, processes,
    /// limit and class; may be given several times
    #[arg(long, value_name = "NUMBER(NAME)=VALUE")]
    pub(super) what_if: Vec<String>,
    /// Show for each term of the budget where its factors come from
    #[arg(long)]
    pub(super) explain: bool,
    /// Findings of an earlier audit, which are listed and do not count
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write what is found now as the baseline of later audits
    #[arg(long, value_name = "FILE")]
    pub(super) write_baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Group)]
pub(super) struct DrillArgs {
    /// Directory of the configuration
    #[arg(value_name = "PATH", required_unless_present = "list")]
    pub(super) path: Option<PathBuf>,
    /// Directory to write the copy to; it must not exist
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    pub(super) into: Option<PathBuf>,
    /// File for the answer [default: the name of the copy with -answer.md behind it]
    #[arg(long, value_name = "FILE")]
    pub(super) answer: Option<PathBuf>,
    /// What chooses class and place; the same number makes the same exercise
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Which class of mistakes, or of harmless edits
    #[arg(long, value_name = "CLASS")]
    pub(super) class: Option<String>,
    /// List the classes
    #[arg(long)]
    pub(super) list: bool,
}

/// What `review` and `audit` share.
#[derive(Debug, Group)]
pub(super) struct Common {
    /// What to print on standard output
    #[arg(long, default_value = "text", value_parser = format_names())]
    pub(super) format: Format,
    /// Also write a report to a file; may be given several times
    #[arg(long, value_name = "FORMAT=FILE")]
    pub(super) output: Vec<String>,
    /// Policy file [default: plimsoll.toml at the root of NEW]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// From which severity on the exit code is 1 [default: high]
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on_names())]
    pub(super) fail_on: Option<FailOn>,
    /// Environment of the files that match a path pattern; may be given several times
    #[arg(long, value_name = "GLOB=ENVIRONMENT")]
    pub(super) env: Vec<String>,
    /// What another repository opens, as written by --export-facts; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) facts: Vec<PathBuf>,
    /// Also write what this repository opens, for the budget of another
    #[arg(long, value_name = "FILE")]
    pub(super) export_facts: Option<PathBuf>,
    /// Whether to write colours
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
    /// How many files may be read at once; by default as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
}

/// When to write colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn format_names() -> impl TypedValueParser<Value = Format> {
    let names = PossibleValuesParser::new(RENDERERS.iter().map(|r| r.name));
    // The parser lets only names of the table through.
    names.map(|name| Format::from_name(&name).unwrap_or(Format::Text))
}

fn fail_on_names() -> impl TypedValueParser<Value = FailOn> {
    let names = PossibleValuesParser::new(FailOn::NAMES);
    names.map(|name| FailOn::from_name(&name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }
}
