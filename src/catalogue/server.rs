//! Which server a container or a file is, and where its limit on connections stands.

use super::recognise::{image_name, image_path, segments_of};
use super::schema::{Place, ServerKind, ServerTime};

impl ServerKind {
    /// Whether a container of this image is such a server. Exporters, backups and poolers of the engine are not.
    #[must_use]
    pub fn is_image(&self, image: &str) -> bool {
        let (path, name) = (image_path(image).to_ascii_lowercase(), image_name(image).to_ascii_lowercase());
        self.images.iter().any(|glob| {
            if glob.contains('/') {
                path == *glob || path.ends_with(glob) && path[..path.len() - glob.len()].ends_with('/')
            } else {
                fast_glob::glob_match(glob, &name)
            }
        })
    }

    /// Slots inside the limit that applications never get, by default.
    #[must_use]
    pub fn reserved_total(&self) -> u64 {
        self.reserved.values().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Whether a key of the server's own configuration file sets the limit.
    #[must_use]
    pub fn limit_key_matches(&self, key: &str) -> bool {
        let path = segments_of(key);
        let own = segments_of(&self.limit_key);
        path.ends_with(&own) || self.places.iter().any(|place| place.has_key(&path))
    }

    /// Whether an environment name of the server's own container sets the limit.
    #[must_use]
    pub fn limit_env_matches(&self, name: &str) -> bool {
        self.env.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The limit in the words of a command: the index of the word that holds it, and the number, `None` if it is no
    /// plain number (a template, a reference). Of several the last counts, as servers read them.
    #[must_use]
    pub fn limit_in_words(&self, words: &[&str]) -> Option<(usize, Option<u64>)> {
        let at = |index: usize| self.flags.iter().find_map(|flag| flag_value(flag, words, index));
        let (index, value) = (0..words.len()).rev().find_map(at)?;
        Some((index, value.parse().ok()))
    }

    /// A time in the words of a command: the index of the word that holds it, and its text. Of several the last counts.
    #[must_use]
    pub fn time_in_words<'w>(&self, time: &ServerTime, words: &[&'w str]) -> Option<(usize, &'w str)> {
        let forms = [format!("-c {}=", time.key), format!("-c{}=", time.key), format!("--{}=", time.key)];
        let at = |index: usize| forms.iter().find_map(|form| flag_value(form, words, index));
        (0..words.len()).rev().find_map(at)
    }
}

impl Place {
    fn has_key(&self, path: &[String]) -> bool {
        // Some tools write a list of maps with one key each; the position in the list says nothing.
        let bare = |step: &String| step.split('[').next().unwrap_or_default().to_owned();
        let path: Vec<String> = path.iter().map(bare).collect();
        self.keys.iter().any(|key| path.ends_with(&segments_of(key)))
    }

    /// Whether the place is meant, from the key, from file path, object name and key path as one text, and from the keys
    /// that stand beside it.
    pub(super) fn fits(&self, key: &str, context: &str, beside: &dyn Fn(&str) -> bool) -> bool {
        let stands_beside = || self.beside.is_empty() || self.beside.iter().any(|name| beside(name));
        if !self.has_key(&segments_of(key)) || !stands_beside() {
            return false;
        }
        let context = context.to_ascii_lowercase();
        let names = || context.split([' ', '/', '\\', '!', '[', ']']);
        let in_file = self.files.is_empty()
            || self.files.iter().any(|glob| names().any(|name| fast_glob::glob_match(glob, name)));
        let mut words = context.split(|c: char| !c.is_ascii_alphanumeric());
        in_file && (self.words.is_empty() || words.any(|word| self.words.iter().any(|w| w == word)))
    }
}

/// The value of a flag form at a word: `--name=` attached or in the next word, `-c name=` over two, `-N` before it.
///
/// Gives the index of the word that holds the value.
pub(super) fn flag_value<'w>(flag: &str, words: &[&'w str], at: usize) -> Option<(usize, &'w str)> {
    let word = words.get(at)?;
    if let Some((first, second)) = flag.split_once(' ') {
        let value = strip_name(words.get(at + 1)?, second)?;
        return (*word == first).then_some((at + 1, value));
    }
    if let Some(value) = strip_name(word, flag).filter(|value| !value.is_empty()) {
        let is_short = flag.len() == 2 && !flag.starts_with("--");
        let value = if is_short { value.strip_prefix('=').unwrap_or(value) } else { value };
        let attached = flag.ends_with('=') || (is_short && value.starts_with(|c: char| c.is_ascii_digit()));
        return attached.then_some((at, value));
    }
    let bare = flag.strip_suffix('=').unwrap_or(flag);
    let alone = strip_name(word, bare).is_some_and(str::is_empty);
    if !alone {
        return None;
    }
    words.get(at + 1).filter(|next| !next.starts_with("--")).map(|next| (at + 1, *next))
}

/// What follows a name at the start of a word; `-` and `_` inside the name are the same.
fn strip_name<'w>(word: &'w str, name: &str) -> Option<&'w str> {
    let head = word.get(..name.len())?;
    let same = |a: u8, b: u8| a == b || (matches!(a, b'-' | b'_') && matches!(b, b'-' | b'_'));
    head.bytes().zip(name.bytes()).all(|(a, b)| same(a, b)).then(|| &word[name.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_read_in_every_form() {
        let value = |flag: &str, words: &[&str]| {
            (0..words.len()).find_map(|at| flag_value(flag, words, at)).map(|(i, v)| (i, v.to_owned()))
        };
        let found = |i: usize, v: &str| Some((i, v.to_owned()));
        assert_eq!(value("-c max_connections=", &["postgres", "-c", "max_connections=300"]), found(2, "300"));
        assert_eq!(value("--max_connections=", &["--max-connections=300"]), found(0, "300"));
        assert_eq!(value("--max_connections=", &["--max-connections", "300"]), found(1, "300"));
        assert_eq!(value("-N", &["postgres", "-N", "300"]), found(2, "300"));
        assert_eq!(value("-N", &["postgres", "-N300"]), found(1, "300"));
        assert_eq!(value("-w", &["-w=3"]), found(0, "3"));
        assert_eq!(value("-w", &["-web"]), None);
        assert_eq!(value("-w", &["--workers", "3"]), None);
        assert_eq!(value("--max_connections=", &["--max_connections_x=3"]), None);
        assert_eq!(value("--workers=", &["--workers", "--bind=0"]), None);
        assert_eq!(value("--workers=", &["--workers"]), None);
    }
}
