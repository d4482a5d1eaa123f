//! Plimsoll for JavaScript: files in, text out. No judgement and no wording here.

use js_sys::Error;
use plimsoll::budget::what_if::{self, Knob};
use plimsoll::config::{Config, FailOn};
use plimsoll::finding::Severity;
use plimsoll::patch;
use plimsoll::render::{self, Format, RenderOptions};
use plimsoll::report::Report;
use plimsoll::review::{self, Content, Input};
use plimsoll::rules::RULES;
use plimsoll::setting::Environment;
use plimsoll::textdiff::Extent;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

/// A review to be: files are added, options set, then it is run.
#[wasm_bindgen]
#[derive(Default)]
pub struct Request {
    request: review::Request,
    fail_on: Option<FailOn>,
}

/// `options()`: all optional.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Options {
    /// Text of `plimsoll.toml`.
    config: Option<String>,
    /// `[glob, environment]` pairs; they win over the policy's.
    env: Vec<(String, String)>,
    /// The caller's threshold; it wins over the policy's.
    fail_on: Option<String>,
    /// The date, `YYYY-MM-DD`.
    today: Option<String>,
    /// Look at the new side as it stands.
    audit: bool,
    /// Show changed files whole in the line diff, unless they are long.
    whole_files: bool,
    /// Numbers of the new side that are taken to be others: `replicas(Deployment shop/api)=20`.
    what_if: Vec<String>,
}

#[wasm_bindgen]
impl Request {
    /// An empty request.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Request {
        Request::default()
    }

    /// Adds a file. `path` is relative to the side's root.
    ///
    /// # Errors
    /// If `side` is neither `old` nor `new`.
    pub fn add(&mut self, side: &str, path: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.put(side, path, Content::Bytes(bytes))
    }

    /// Names a file that was not read, with the reason; the report's coverage lists it.
    ///
    /// # Errors
    /// If `side` is neither `old` nor `new`.
    pub fn skip(&mut self, side: &str, path: &str, reason: &str) -> Result<(), Error> {
        self.put(side, path, Content::Skipped(reason.to_owned()))
    }

    /// Tells something about files that are no input of the review; the report's coverage lists it.
    pub fn note(&mut self, about: &str, text: &str) {
        let content = Content::Note(text.to_owned());
        self.request.new.push(Input { path: about.to_owned(), content });
    }

    /// Adds what a unified diff shows of both sides; false if the text holds none.
    pub fn patch(&mut self, name: &str, text: &str) -> bool {
        let files = patch::parse(text);
        let is_patch = !files.is_empty();
        for mut file in files {
            let (old, new) = (file.old.take(), file.new.take());
            let (before, after) = file.contents();
            self.request.old.extend(old.map(|path| Input { path, content: before }));
            self.request.new.extend(new.map(|path| Input { path, content: after }));
        }
        if is_patch {
            self.note(&format!("({name})"), patch::ONLY_A_PATCH);
        }
        is_patch
    }

    fn put(&mut self, side: &str, path: &str, content: Content) -> Result<(), Error> {
        let input = Input { path: path.to_owned(), content };
        match side {
            "old" => self.request.old.push(input),
            "new" => self.request.new.push(input),
            _ => return Err(Error::new("a side is \"old\" or \"new\"")),
        }
        Ok(())
    }

    /// Sets options from JSON.
    ///
    /// # Errors
    /// If the JSON or the policy in it is not valid; the message says what, where and the remedy.
    pub fn options(&mut self, json: &str) -> Result<(), Error> {
        let fail = |text: String| Error::new(&text);
        let options: Options = serde_json::from_str(json).map_err(|e| fail(format!("options: {e}")))?;
        if let Some(text) = &options.config {
            self.request.config = Config::parse(text, &plimsoll::rules::names()).map_err(|e| fail(e.to_string()))?;
        }
        for (glob, name) in options.env {
            let environment = Environment::from_name(&name)
                .ok_or_else(|| fail("env: an environment is production, staging or development".to_owned()))?;
            self.request.environments.push((glob, environment));
        }
        let known = |name: &str| FailOn::from_name(name).ok_or_else(no_threshold);
        self.fail_on = options.fail_on.as_deref().map(known).transpose()?;
        self.request.today = options.today;
        self.request.audit = options.audit;
        for text in &options.what_if {
            self.request.what_if.push(what_if::parse(text).map_err(|e| fail(format!("whatIf: {e}")))?);
        }
        self.request.extent = if options.whole_files { Extent::WholeFile } else { Extent::Changes };
        Ok(())
    }

    /// What the policy that was set says beside the review itself, as JSON: `{"gate": {…} | null, "failOn": "high" | null}`.
    #[must_use]
    pub fn policy(&self) -> String {
        let config = &self.request.config;
        let fail_on = config.fail_on.map(|f| f.severity().map_or("never", Severity::as_str));
        serde_json::json!({ "gate": config.gate, "failOn": fail_on }).to_string()
    }

    /// Reviews.
    #[must_use]
    pub fn run(self) -> Review {
        let fail_on = self.fail_on.or(self.request.config.fail_on).unwrap_or_default();
        Review { report: review::review(self.request), fail_on }
    }
}

/// The numbers that `whatIf` turns by a slider, as JSON: an instance class is no number.
#[wasm_bindgen]
#[must_use]
pub fn knobs() -> String {
    let numbers = Knob::NAMES.iter().filter(|(_, knob)| *knob != Knob::Class).map(|(name, _)| *name);
    serde_json::json!(numbers.collect::<Vec<_>>()).to_string()
}

fn no_threshold() -> Error {
    Error::new("failOn: one of low, medium, high, critical, never")
}

/// A finished review.
#[wasm_bindgen]
pub struct Review {
    report: Report,
    fail_on: FailOn,
}

/// `render()`'s options: all optional.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Rendering {
    color: bool,
    max_bytes: Option<usize>,
    links: Links,
    full_report: Option<String>,
    opening: Option<String>,
    checklist: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Links {
    old: Option<String>,
    new: Option<String>,
}

#[wasm_bindgen]
impl Review {
    /// Writes the report in a format.
    ///
    /// # Errors
    /// If there is no such format or the options are not valid JSON of their kind.
    pub fn render(&self, format: &str, options: &str) -> Result<String, Error> {
        let format = Format::from_name(format).ok_or_else(|| Error::new("render: no such format"))?;
        let given: Rendering =
            serde_json::from_str(options).map_err(|e| Error::new(&format!("render options: {e}")))?;
        let options = RenderOptions {
            color: given.color,
            max_bytes: given.max_bytes,
            links: render::Links { old: given.links.old, new: given.links.new },
            full_report: given.full_report,
            opening: given.opening,
            checklist: given.checklist,
            fail_on: self.fail_on.severity(),
            ..RenderOptions::default()
        };
        Ok(render::render(&self.report, format, &options))
    }

    /// The checklist item by item, as JSON.
    #[must_use]
    pub fn checks(&self) -> String {
        render::checks(&self.report)
    }

    /// Whether a finding that counts is at or above `fail_on`; empty for what the options or the policy say.
    ///
    /// # Errors
    /// If there is no such threshold.
    pub fn failed(&self, fail_on: &str) -> Result<bool, Error> {
        let threshold = match fail_on {
            "" => self.fail_on,
            name => FailOn::from_name(name).ok_or_else(no_threshold)?,
        };
        Ok(threshold.is_reached(&self.report))
    }
}

/// All rules with their documentation, as JSON.
#[wasm_bindgen]
#[must_use]
pub fn rules() -> String {
    let rule = |r: &&plimsoll::rule::Rule| {
        serde_json::json!({
            "name": r.name,
            "summary": r.summary,
            "severity": r.severity.as_str(),
            "confidence": r.confidence.as_str(),
            "docs": plimsoll::rule::plain_docs(r),
        })
    };
    serde_json::Value::Array(RULES.iter().map(rule).collect()).to_string()
}

/// The version of the engine.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    plimsoll::VERSION.to_owned()
}
