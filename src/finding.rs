//! A finding: one thing that a reviewer should look at, with its place, its reason and what to do.
//!
//! Rules make findings through [`FindingBuilder`], which demands one primary place and a title. All text is [`Shown`],
//! so nothing that was not redacted can get in. The identity of a finding does not depend on line numbers.

use crate::secret::Shown;
use crate::setting::Environment;
use crate::source::{Location, fnv1a};

/// How bad it is if it is what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a line in the review.
    Low,
    /// Worth a question.
    Medium,
    /// Stop and ask.
    High,
    /// An outage as written.
    Critical,
}

impl Severity {
    /// All, from the least.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// As the JSON report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|s| s.as_str() == name)
    }

    /// One step less; info stays.
    #[must_use]
    pub fn lowered(self) -> Severity {
        match self {
            Severity::Critical => Severity::High,
            Severity::High => Severity::Medium,
            Severity::Medium => Severity::Low,
            Severity::Low | Severity::Info => Severity::Info,
        }
    }

    /// One step more; critical stays.
    #[must_use]
    pub fn raised(self) -> Severity {
        match self {
            Severity::Info => Severity::Low,
            Severity::Low => Severity::Medium,
            Severity::Medium => Severity::High,
            Severity::High | Severity::Critical => Severity::Critical,
        }
    }
}

/// How sure we are that it is what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A hint.
    Low,
    /// Likely.
    Medium,
    /// Follows from the files.
    High,
}

impl Confidence {
    /// As the JSON report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// One thing that a reviewer should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// Where it applies.
    pub environment: Environment,
    /// A line that says it all.
    pub title: Shown,
    /// Why, with the numbers.
    pub message: Shown,
    /// Whom it concerns.
    pub subject: Option<Shown>,
    /// The setting as a person would say it.
    pub setting: Option<Shown>,
    /// Before.
    pub old: Option<Shown>,
    /// After.
    pub new: Option<Shown>,
    /// The place to look at: on the new side, or on the old one for a removal.
    pub at: Location,
    /// Other places that matter, with what stands there.
    pub evidence: Vec<Evidence>,
    /// What the on-call would see.
    pub symptoms: Vec<Shown>,
    /// What to do.
    pub fix: Shown,
    /// The value to write, where one can be proposed.
    pub replacement: Option<Shown>,
    /// What to set back, and whether a restart is needed.
    pub rollback: Shown,
    /// What a peer has to confirm; `None` where the finding asks for nothing.
    pub question: Option<Shown>,
    /// What tells it apart from others of its rule in the same file and subject; part of the identity.
    pub discriminator: Shown,
}

/// A place that supports a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The place.
    pub at: Location,
    /// What it says.
    pub text: Shown,
}

impl Finding {
    /// Identity of a finding in a file of this path. Moving lines about does not change it.
    #[must_use]
    pub fn fingerprint(&self, path: &str) -> String {
        let text = |s: &Option<Shown>| s.as_ref().map_or("", Shown::as_str).to_owned();
        let parts = [self.rule, path, &text(&self.subject), &text(&self.setting), self.discriminator.as_str()];
        format!("{:016x}", fnv1a(parts.join("\u{1f}").as_bytes()))
    }
}

/// Collects what a finding needs; `build` is infallible because the constructor takes what is mandatory.
#[derive(Debug, Clone)]
pub struct FindingBuilder {
    finding: Finding,
}

impl FindingBuilder {
    /// Starts a finding at its primary place.
    #[must_use]
    pub fn new(rule: &'static str, severity: Severity, confidence: Confidence, at: Location, title: Shown) -> Self {
        FindingBuilder {
            finding: Finding {
                rule,
                severity,
                confidence,
                environment: Environment::Unknown,
                title,
                message: Shown::default(),
                subject: None,
                setting: None,
                old: None,
                new: None,
                at,
                evidence: Vec::new(),
                symptoms: Vec::new(),
                fix: Shown::default(),
                replacement: None,
                rollback: Shown::default(),
                question: None,
                discriminator: Shown::default(),
            },
        }
    }

    /// Why, with the numbers.
    #[must_use]
    pub fn message(mut self, text: Shown) -> Self {
        self.finding.message = text;
        self
    }

    /// Whom it concerns and where that runs. The severity is weighed by it: a step less in development.
    #[must_use]
    pub fn subject(mut self, subject: Option<Shown>, environment: Environment) -> Self {
        self.finding.subject = subject;
        self.finding.environment = environment;
        if environment == Environment::Development {
            self.finding.severity = self.finding.severity.lowered();
        }
        self
    }

    /// The setting with its values on both sides.
    #[must_use]
    pub fn setting(mut self, name: Shown, old: Option<Shown>, new: Option<Shown>) -> Self {
        self.finding.setting = Some(name);
        self.finding.old = old;
        self.finding.new = new;
        self
    }

    /// Another place that matters.
    #[must_use]
    pub fn evidence(mut self, at: Location, text: Shown) -> Self {
        self.finding.evidence.push(Evidence { at, text });
        self
    }

    /// What the on-call would see.
    #[must_use]
    pub fn symptom(mut self, text: Shown) -> Self {
        self.finding.symptoms.push(text);
        self
    }

    /// What to do, and the value to write if there is one.
    #[must_use]
    pub fn fix(mut self, text: Shown, replacement: Option<Shown>) -> Self {
        self.finding.fix = text;
        self.finding.replacement = replacement;
        self
    }

    /// What to set back, and whether a restart is needed.
    #[must_use]
    pub fn rollback(mut self, text: Shown) -> Self {
        self.finding.rollback = text;
        self
    }

    /// What a peer has to confirm before the merge.
    #[must_use]
    pub fn question(mut self, text: Shown) -> Self {
        self.finding.question = Some(text);
        self
    }

    /// What tells it apart from others of its rule on the same subject and setting.
    #[must_use]
    pub fn discriminator(mut self, text: Shown) -> Self {
        self.finding.discriminator = text;
        self
    }

    /// The finding.
    #[must_use]
    pub fn build(self) -> Finding {
        self.finding
    }
}
