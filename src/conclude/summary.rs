//! The report in one sentence: the worst thing with its numbers; where nothing is wrong, what was looked at.

use std::collections::BTreeMap;

use crate::diff::ChangeKind;
use crate::finding::Severity;
use crate::meaning::Explained;
use crate::report::{Coverage, ReportedFinding};
use crate::rule::Context;
use crate::secret::Shown;
use crate::shown;

/// The worst thing in one sentence; where nothing is wrong, what was looked at.
pub(super) fn summary(
    context: &Context<'_>,
    findings: &[ReportedFinding],
    changes: usize,
    coverage: &Coverage,
) -> Shown {
    let is_counted = |f: &&ReportedFinding| f.suppressed.is_none() && f.severity > Severity::Info;
    if let Some(worst) = findings.iter().find(is_counted) {
        // What shows in several places is one thing to say.
        let same = |f: &&ReportedFinding| f.cause.as_ref() == Some(&worst.id) || worst.cause.as_ref() == Some(&f.id);
        let places = findings.iter().filter(is_counted).filter(same).count();
        let others = findings.iter().filter(is_counted).filter(|f| f.cause.is_none() && f.id != worst.id);
        let others = others.filter(|f| worst.cause.as_ref() != Some(&f.id)).count();
        let worst = match places {
            0 => worst.title.clone(),
            1 => shown!("{}, and in 1 more place", worst.title),
            n => shown!("{}, and in {} more places", worst.title, n),
        };
        return match others {
            0 => worst,
            1 => shown!("{}; 1 more finding", worst),
            n => shown!("{}; {} more findings", worst, n),
        };
    }
    let meaningful = context.changes.iter().filter(|c| c.role.is_some()).count();
    let seen = match (context.audit, changes, meaningful) {
        // Nothing was looked at: that is no good news.
        (_, 0, _) if coverage.files == 0 => Shown::of_static("nothing to review: no configuration file was read"),
        (_, 0, _) if coverage.parsed == 0 => Shown::of_static("nothing to conclude: no file was wholly read"),
        (true, ..) => shown!("nothing risky found in {}", files_word(coverage.parsed)),
        (false, 0, _) => shown!("no setting changed in {}", files_word(coverage.parsed)),
        (false, n, 0) => match routine(context) {
            Some(kinds) => shown!("routine: {}; no connection or pool is touched", in_words(&kinds)),
            None => shown!("nothing risky found: {} changed {}, none of a connection or pool", n, settings_word(n)),
        },
        (false, n, m) => {
            shown!("nothing risky found: {} changed {}, {} of a connection or pool", n, settings_word(n), m)
        }
    };
    match coverage.skipped.len() {
        0 => seen,
        1 => shown!("{}; 1 file was not read, or not wholly", seen),
        n => shown!("{}; {} files were not read, or not wholly", seen, n),
    }
}

/// Whether a reviewer need not stop: nothing was found, and every change is of a kind that is made every day.
pub(super) fn is_routine(context: &Context<'_>, findings: &[ReportedFinding]) -> bool {
    let is_quiet = findings.iter().all(|f| f.severity == Severity::Info);
    let untouched = context.changes.iter().all(|c| c.role.is_none());
    !context.audit && is_quiet && untouched && (context.changes.is_empty() || routine(context).is_some())
}

/// What is changed every day, in the order of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Image,
    Chart,
    Label,
    Order,
}

/// How many changes of each kind; `None` where a change is of none of them.
fn routine(context: &Context<'_>) -> Option<BTreeMap<Kind, usize>> {
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for change in context.changes {
        *kinds.entry(kind(change)?).or_default() += 1;
    }
    (!kinds.is_empty()).then_some(kinds)
}

fn kind(change: &Explained) -> Option<Kind> {
    if change.kind == ChangeKind::Reordered || change.kind == ChangeKind::Moved {
        return Some(Kind::Order);
    }
    let steps: Vec<String> = change.path.split(['.', '/']).map(str::to_ascii_lowercase).collect();
    let last = steps.last().map_or("", String::as_str);
    if steps.iter().any(|step| matches!(step.as_str(), "labels" | "annotations" | "commonlabels" | "commonannotations"))
    {
        return Some(Kind::Label);
    }
    let (old, new) = (change.old.as_ref()?.text.trim(), change.new.as_ref()?.text.trim());
    match last {
        "image" if name_of(old) == name_of(new) => Some(Kind::Image),
        "tag" | "imagetag" | "image_tag" | "newtag" | "digest" if is_version(old) && is_version(new) => {
            Some(Kind::Image)
        }
        "version" | "appversion" | "targetrevision" | "chartversion" if is_version(old) && is_version(new) => {
            Some(Kind::Chart)
        }
        _ => None,
    }
}

/// An image without its version and digest.
fn name_of(image: &str) -> &str {
    let bare = image.split('@').next().unwrap_or(image);
    bare.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(bare, |(name, _)| name)
}

/// `1.4.2`, `v2`, `sha256:…`, `2024-05-01`, a short commit.
fn is_version(text: &str) -> bool {
    let text = text.trim_matches(['"', '\'']);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | ':' | '@' | '~' | '^');
    !text.is_empty() && text.chars().all(plain) && text.chars().any(|c| c.is_ascii_digit())
}

fn in_words(kinds: &BTreeMap<Kind, usize>) -> Shown {
    let one = |(kind, n): (&Kind, &usize)| {
        let (single, several) = match kind {
            Kind::Image => ("image version", "image versions"),
            Kind::Chart => ("chart or application version", "chart or application versions"),
            Kind::Label => ("label or annotation", "labels or annotations"),
            Kind::Order => ("setting at another place", "settings at another place"),
        };
        crate::rule::wording::counted(*n, single, several)
    };
    Shown::join(&kinds.iter().map(one).collect::<Vec<_>>(), ", ")
}

fn files_word(n: usize) -> Shown {
    if n == 1 { Shown::of_static("1 file") } else { shown!("{} files", n) }
}

fn settings_word(n: usize) -> &'static str {
    if n == 1 { "setting" } else { "settings" }
}

#[cfg(test)]
mod tests {
    use super::{is_version, name_of};

    #[test]
    fn versions_are_told_from_other_words() {
        for text in ["1.4.2", "v2", "\"2024-05-01\"", "sha256:0a1b2c", "7f3e9aa", "1.4.2-alpine"] {
            assert!(is_version(text), "{text}");
        }
        for text in ["latest", "", "{{ .Values.tag }}", "main"] {
            assert!(!is_version(text), "{text}");
        }
    }

    #[test]
    fn an_image_keeps_its_name() {
        assert_eq!(name_of("registry.example:5000/shop/api:1.2"), "registry.example:5000/shop/api");
        assert_eq!(name_of("registry.example:5000/shop/api@sha256:0a"), "registry.example:5000/shop/api");
        assert_eq!(name_of("postgres"), "postgres");
    }
}
