//! Where reports, messages and progress go.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};

use crate::budget::shared::SharedFacts;
use crate::render::Format;

use super::args::{Color, Common};
use super::{Failure, shown};

/// One report to write.
pub(super) struct Target {
    pub(super) format: Format,
    pub(super) color: bool,
    /// `None` for standard output.
    file: Option<PathBuf>,
}

/// All reports that were asked for: files first, so that a closed pipe does not cost them.
pub(super) fn targets(common: &Common) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::new();
    for pair in &common.output {
        let remedy = "write it like --output sarif=plimsoll.sarif";
        let (name, file) = pair.split_once('=').ok_or_else(|| Failure::new("--output has no '='", remedy))?;
        let names: Vec<&str> = Format::ALL.iter().map(|f| f.name()).collect();
        let Some(format) = Format::from_name(name) else {
            return Err(Failure::new("--output names no format", &format!("it is one of {}", names.join(", "))));
        };
        if file.is_empty() || file == "-" {
            return Err(Failure::new("--output names no file", "for standard output use --format"));
        }
        targets.push(Target { format, color: false, file: Some(PathBuf::from(file)) });
    }
    let color = match common.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => AutoStream::choice(&std::io::stdout()) != ColorChoice::Never,
    };
    targets.push(Target { format: common.format, color, file: None });
    Ok(targets)
}

impl Target {
    /// Writes a report.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let Some(file) = &self.file else { return print(text) };
        save(file, text)
    }
}

/// Writes what a repository opens, for the budgets of others.
pub(super) fn write_facts(file: &Path, facts: &SharedFacts) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(facts).unwrap_or_default();
    save(file, &(text + "\n"))
}

/// Writes a file.
pub(super) fn save(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|error| {
        let what = format!("cannot write {}: {}", shown(file), reason(&error));
        Failure::new(what, "name a file in a folder that exists and can be written to")
    })
}

/// Writes to standard output. A reader that has gone away is content with what it got.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let what = format!("cannot write to standard output: {}", reason(&error));
            Err(Failure::new(what, "check the disk, or write with --output FORMAT=FILE"))
        }
        _ => Ok(()),
    }
}

/// Writes the one message of a failed run to standard error.
pub(super) fn complain(message: &str) {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    // Where standard error is closed there is nobody to tell; the exit code still does.
    let _ = writeln!(anstream::stderr(), "{red}error:{red:#} {message}");
}

/// An error of the system in a few words.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        kind => kind.to_string(),
    }
}

/// A line on standard error that is shown on a terminal, and only when reading takes longer than a second.
pub(super) struct Progress {
    started: Instant,
    shown: Option<Instant>,
    files: usize,
    terminal: bool,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_secs(1);
    const PAUSE: Duration = Duration::from_millis(200);

    pub(super) fn new() -> Progress {
        Progress { started: Instant::now(), shown: None, files: 0, terminal: std::io::stderr().is_terminal() }
    }

    /// One more file was read.
    pub(super) fn tick(&mut self) {
        self.files += 1;
        let rested = self.shown.is_none_or(|at| at.elapsed() > Self::PAUSE);
        if self.terminal && rested && self.started.elapsed() > Self::PATIENCE {
            self.shown = Some(Instant::now());
            // A progress line that cannot be written is no reason to stop.
            let _ = write!(std::io::stderr(), "\rread {} files", self.files);
        }
    }

    /// Takes the line away.
    pub(super) fn done(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
