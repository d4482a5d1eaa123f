//! From a report to text: which outputs there are, and what all of them share.
//!
//! In: a [`Report`], which is complete, sorted and masked. Out: one string, the same bytes for the same report. A
//! renderer decides words and layout; it reads no file, counts no risk and knows no secret.

mod checklist;
mod diff;
mod github;
mod gitlab;
mod html;
mod inert;
mod json;
mod junit;
mod markdown;
#[cfg(test)]
mod sample;
mod sarif;
mod text;
mod words;

use crate::finding::Severity;
use crate::report::Report;
use crate::rule::Rule;

/// An output that a report can be turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For a comment on a pull request.
    Markdown,
    /// The contract with other programs, schema `plimsoll.review/1`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub shows as annotations.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit XML, for CI systems that know nothing else.
    Junit,
    /// One page that needs no network and no script.
    Html,
    /// The checklist alone, as a Markdown task list.
    Checklist,
    /// The changed files line by line, as JSON for the review page.
    Diff,
}

impl Format {
    /// All, in the order of [`RENDERERS`].
    pub const ALL: [Format; 10] = [
        Format::Text,
        Format::Markdown,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Html,
        Format::Checklist,
        Format::Diff,
    ];

    /// As `--format` spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        RENDERERS.iter().find(|r| r.format == self).map_or("", |r| r.name)
    }

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Format> {
        RENDERERS.iter().find(|r| r.name == name).map(|r| r.format)
    }
}

/// A row of [`RENDERERS`].
#[derive(Debug)]
pub struct Renderer {
    /// Which output it makes.
    pub format: Format,
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub purpose: &'static str,
    /// Makes it.
    pub render: fn(&Report, &RenderOptions) -> String,
}

/// All outputs, in the order in which the help lists them.
pub static RENDERERS: &[Renderer] = &[
    Renderer { format: Format::Text, name: "text", purpose: "for a terminal", render: text::render },
    Renderer {
        format: Format::Markdown,
        name: "markdown",
        purpose: "a pull request comment",
        render: markdown::render,
    },
    Renderer { format: Format::Json, name: "json", purpose: "for programs, plimsoll.review/1", render: json::render },
    Renderer { format: Format::Sarif, name: "sarif", purpose: "code scanning, SARIF 2.1.0", render: sarif::render },
    Renderer { format: Format::Github, name: "github", purpose: "workflow annotations", render: github::render },
    Renderer { format: Format::Gitlab, name: "gitlab", purpose: "GitLab code quality", render: gitlab::render },
    Renderer { format: Format::Junit, name: "junit", purpose: "JUnit XML", render: junit::render },
    Renderer { format: Format::Html, name: "html", purpose: "one page without script", render: html::render },
    Renderer { format: Format::Checklist, name: "checklist", purpose: "a task list", render: checklist::render },
    Renderer { format: Format::Diff, name: "diff", purpose: "line diffs as JSON", render: diff::render },
];

/// What a renderer may be told. None of it changes a judgement.
#[derive(Debug, Clone)]
pub struct RenderOptions {
    /// Text only: whether to write colour codes.
    pub color: bool,
    /// Text only: whether the budget shows where each factor of each term comes from, also of servers that did not move.
    pub explain: bool,
    /// Markdown only: the greatest size in bytes; 60,000 if not given, which leaves GitHub's limit some room.
    pub max_bytes: Option<usize>,
    /// Markdown and HTML: where the files can be seen.
    pub links: Links,
    /// Markdown only: where the whole report is, if this one is shortened; a sentence or an address of our own making.
    pub full_report: Option<String>,
    /// Markdown only: Markdown of our own making that comes after the headline, such as what was mended meanwhile.
    pub opening: Option<String>,
    /// Markdown only: stands in the place of the checklist and is never cut.
    pub checklist: Option<String>,
    /// Text only: the width to wrap at, in characters; 100 if not given.
    pub width: Option<usize>,
    /// JUnit only: findings from this severity on are failures; `None` for no failures at all.
    pub fail_on: Option<Severity>,
    /// SARIF only: the rules, for their documentation.
    pub rules: &'static [&'static Rule],
}

impl Default for RenderOptions {
    fn default() -> Self {
        RenderOptions {
            color: false,
            explain: false,
            max_bytes: None,
            links: Links::default(),
            full_report: None,
            opening: None,
            checklist: None,
            width: None,
            fail_on: Some(Severity::High),
            rules: crate::rules::RULES,
        }
    }
}

/// Addresses to which a file's path is appended, with the slash at the end: `https://…/blob/<commit>/`.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// Of the side before the change.
    pub old: Option<String>,
    /// Of the side after the change.
    pub new: Option<String>,
}

/// Turns a report into text. Never fails; ends with a newline.
#[must_use]
pub fn render(report: &Report, format: Format, options: &RenderOptions) -> String {
    RENDERERS.iter().find(|r| r.format == format).map_or_else(String::new, |r| (r.render)(report, options))
}

/// The checklist, item by item, for programs that keep who confirmed what; JSON.
///
/// `[{"id": "…", "because": ["<finding id>"], "markdown": "inert text of one line"}]`
#[must_use]
pub fn checks(report: &Report) -> String {
    checklist::json(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_one_renderer_and_a_name_of_its_own() {
        assert_eq!(RENDERERS.iter().map(|r| r.format).collect::<Vec<_>>(), Format::ALL);
        assert!(Format::ALL.iter().all(|f| Format::from_name(f.name()) == Some(*f)));
    }

    #[test]
    fn every_output_ends_with_a_newline_and_is_the_same_twice() {
        for format in Format::ALL {
            for report in [sample::report(), sample::quiet(), sample::hostile(), Report::default()] {
                let text = render(&report, format, &RenderOptions::default());
                assert!(text.is_empty() || text.ends_with('\n'), "{}", format.name());
                assert_eq!(text, render(&report, format, &RenderOptions::default()));
            }
        }
    }
}
