//! How many processes and threads a container's command starts.
//!
//! In: a command's words, the image, the environment. Out: a count with its place, or the statement that it depends on
//! the machine or on a file that is not seen. A flag wins over the environment, which wins over the default.

use super::recognise::image_name;
use super::role::Role;
use super::schema::{Program, ProgramSetting, Zero};
use super::server::flag_value;

/// A count of processes or threads and where it comes from. `P` is how the caller names a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessCount<P> {
    /// The count; `None` where it depends on something that is not seen.
    pub count: Option<u64>,
    /// Index of the word of the command that holds it.
    pub word: Option<usize>,
    /// Place of the environment variable that holds it.
    pub at: Option<P>,
    /// Whose default it is, or why it is unknown.
    pub whose: String,
}

impl Program {
    /// Whether a command or an image runs this program.
    fn runs(&self, words: &[&str], image: Option<&str>) -> bool {
        if self.is_any() {
            return true;
        }
        let has = |wanted: &[String]| words.iter().any(|word| wanted.iter().any(|w| w == base_name(word)));
        if has(&self.words) {
            return self.also.is_empty() || has(&self.also);
        }
        // A command that runs something else leaves nothing of the image's own start.
        let is_image = |image: &str| {
            let tagged = image.rsplit('/').next().unwrap_or(image);
            self.images.iter().any(|glob| fast_glob::glob_match(glob, tagged) || glob == image_name(image))
        };
        words.is_empty() && image.is_some_and(is_image)
    }

    /// Whether it stands for a convention that many programs follow.
    fn is_any(&self) -> bool {
        self.words.is_empty() && self.images.is_empty()
    }

    fn count<'e, P>(
        &self,
        setting: &ProgramSetting,
        words: &[&str],
        env: &dyn Fn(&str) -> Option<(&'e str, P)>,
    ) -> Option<ProcessCount<P>> {
        if words.iter().any(|word| setting.unless.iter().any(|u| u == word)) {
            return None;
        }
        let start = self.arguments(words);
        let arguments = words.get(start..).unwrap_or_default();
        if let Some((index, text)) = last_flag(setting, arguments) {
            return Some(self.read(setting, text, Some(start + index), None));
        }
        for name in &self.env_args {
            let Some((text, at)) = env(name) else { continue };
            let words: Vec<&str> = text.split_whitespace().collect();
            if let Some((_, text)) = last_flag(setting, &words) {
                return Some(self.read(setting, text, None, Some(at)));
            }
        }
        for name in &setting.env {
            if let Some((text, at)) = env(name) {
                return Some(self.read(setting, text, None, Some(at)));
            }
        }
        if self.is_any() {
            return None;
        }
        Some(self.unwritten(setting, arguments))
    }

    /// Where the program's own arguments start: `sh -c "gunicorn -w 4"` has a `-c` that is not gunicorn's.
    fn arguments(&self, words: &[&str]) -> usize {
        let own = |word: &&str| self.words.iter().any(|w| w == base_name(word));
        words.iter().position(own).map_or(0, |at| at + 1)
    }

    fn unwritten<P>(&self, setting: &ProgramSetting, words: &[&str]) -> ProcessCount<P> {
        let names_file = |at: usize| self.config_flags.iter().any(|flag| flag_value(flag, words, at).is_some());
        let is_file = |word: &str| self.config_words.iter().any(|glob| fast_glob::glob_match(glob, base_name(word)));
        let in_file = (0..words.len()).any(names_file) || words.iter().any(|word| is_file(word));
        let (count, whose) = match (in_file, setting.default) {
            (true, _) => (None, format!("the configuration file of {} may set it", self.name)),
            (false, Some(n)) => (Some(n), format!("{}'s default", self.name)),
            (false, None) => (None, format!("{} starts as many as the machine has processors", self.name)),
        };
        ProcessCount { count, word: None, at: None, whose }
    }

    fn read<P>(&self, setting: &ProgramSetting, text: &str, word: Option<usize>, at: Option<P>) -> ProcessCount<P> {
        // `5:10` and `10,5` are a range; the larger end counts.
        let mut ends = text.trim().split([':', ',']).map(|n| n.trim().parse::<u64>().ok());
        let count = ends.try_fold(0, |most: u64, n| Some(most.max(n?)));
        let machine = || format!("{} starts as many as the machine has processors", self.name);
        let (count, whose) = match (count, setting.zero) {
            (Some(0), Some(Zero::One)) => (Some(1), self.name.clone()),
            (Some(0), Some(Zero::Machine)) => (None, machine()),
            (Some(n), _) => (Some(n), self.name.clone()),
            (None, _) if matches!(text.trim(), "auto" | "max" | "-1") => (None, machine()),
            (None, _) => (None, format!("the {} of {} are no plain number", setting.role.as_str(), self.name)),
        };
        ProcessCount { count, word, at, whose }
    }
}

/// The last value that the flags of a setting give, as programs read them.
fn last_flag<'w>(setting: &ProgramSetting, words: &[&'w str]) -> Option<(usize, &'w str)> {
    let at = |index: usize| setting.flags.iter().find_map(|flag| flag_value(flag, words, index));
    (0..words.len()).rev().find_map(at)
}

/// `/usr/local/bin/gunicorn` is `gunicorn`.
fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The count of a role that the first program in order tells; conventions come last.
pub(super) fn processes_of<'e, P>(
    programs: &[Program],
    role: Role,
    words: &[&str],
    image: Option<&str>,
    env: &dyn Fn(&str) -> Option<(&'e str, P)>,
) -> Option<ProcessCount<P>> {
    // `sh -c "exec gunicorn …"` comes as one text or as words; both end up as bare words.
    let words: Vec<&str> = words.iter().map(|word| word.trim_matches(['"', '\''])).collect();
    let known = programs.iter().filter(|p| !p.is_any()).find(|p| p.runs(&words, image));
    if let Some(program) = known {
        let settings = program.settings.iter().filter(|s| s.role == role);
        return settings.into_iter().find_map(|setting| program.count(setting, &words, env));
    }
    let conventions = programs.iter().filter(|p| p.is_any());
    let settings = conventions.flat_map(|p| p.settings.iter().map(move |s| (p, s)));
    settings.filter(|(_, s)| s.role == role).find_map(|(program, setting)| program.count(setting, &words, env))
}
