//! What the team accepts: a comment or an `[[allow]]` table, as rules and the report see it.
//!
//! In: read by `suppression`, which knows files and dates. Out: whether it speaks of a finding, whether it holds, and
//! whether the change under review brought it.

use crate::finding::Finding;
use crate::source::{Location, SourceId, Sources};

/// A suppression of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Name of the rule, as written.
    pub rule: String,
    /// What it speaks of.
    pub scope: Scope,
    /// Why, as written.
    pub reason: String,
    /// Last day on which it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Where it stands; `None` in a policy that is no file of the review.
    pub at: Option<Location>,
    /// Whether the change under review brought it, or made it hold for longer.
    pub is_new: bool,
    /// Whether it takes effect.
    pub standing: Standing,
}

/// What a suppression speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Lines of one file: its own, and the next if the comment has its line for itself.
    Lines {
        /// The file.
        source: SourceId,
        /// From this line, counted from 1.
        first: u32,
        /// To this line.
        last: u32,
    },
    /// Patterns on the file and the setting; empty ones match all.
    Globs {
        /// Pattern on the path.
        file: String,
        /// Pattern on the setting.
        setting: String,
    },
}

/// Whether a suppression takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Holds,
    /// Its date is past.
    Expired,
    /// The policy takes none that comes with the change under review.
    Forbidden,
    /// It cannot be read; what is missing, in words.
    Unreadable(&'static str),
}

impl Allowance {
    /// As the JSON report spells where it stands.
    #[must_use]
    pub fn by(&self) -> &'static str {
        match self.scope {
            Scope::Lines { .. } => "inline",
            Scope::Globs { .. } => "config",
        }
    }

    /// Whether it speaks of a finding, whatever its date says.
    #[must_use]
    pub fn covers(&self, sources: &Sources, finding: &Finding) -> bool {
        if self.rule != finding.rule {
            return false;
        }
        let fits = |pattern: &str, text: &str| pattern.is_empty() || fast_glob::glob_match(pattern, text);
        match &self.scope {
            Scope::Lines { source, first, last } => {
                let line = sources.get(finding.at.source).position(finding.at.span.start).line;
                *source == finding.at.source && (*first..=*last).contains(&line)
            }
            Scope::Globs { file, setting } => {
                let name = finding.setting.as_ref().map_or("", |s| s.as_str());
                fits(file, &sources.get(finding.at.source).path) && fits(setting, name)
            }
        }
    }
}
