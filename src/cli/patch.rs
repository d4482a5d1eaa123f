//! A unified diff as the two sides of a review.

use std::path::Path;

use crate::patch::{self, Patched};
use crate::review::{Content, Input};

use super::inputs::{self, Both, PassedOver, STDIN, plausible};
use super::{Failure, shown};

/// Reads a patch file, or standard input.
pub(super) fn read(file: &Path) -> Result<Both, Failure> {
    let from_stdin = file.as_os_str() == STDIN;
    let bytes = if from_stdin { inputs::stdin()? } else { inputs::read_file(file)? };
    let name = if from_stdin { "standard input".to_owned() } else { shown(file) };
    let text = String::from_utf8_lossy(&bytes);
    let patched = patch::parse(&text);
    if patched.is_empty() && !text.trim().is_empty() {
        return Err(Failure::new(format!("{name} holds no unified diff"), "make one with git diff, or diff -u"));
    }
    let mut both = sides(patched);
    both.new.push(Input { path: format!("({name})"), content: Content::Note(patch::ONLY_A_PATCH.to_owned()) });
    Ok(both)
}

fn sides(patched: Vec<Patched>) -> Both {
    let mut both = Both::default();
    let mut passed = PassedOver::default();
    for mut file in patched {
        let (old, new) = (file.old.take(), file.new.take());
        let name = new.as_ref().or(old.as_ref());
        if name.is_some_and(|path| !plausible(path) && passed.takes(path)) {
            continue;
        }
        let (before, after) = file.contents();
        both.old.extend(old.map(|path| Input { path, content: limited(before) }));
        both.new.extend(new.map(|path| Input { path, content: limited(after) }));
    }
    both.new.extend(passed.notes());
    both
}

fn limited(content: Content) -> Content {
    match content {
        Content::Bytes(bytes) => inputs::limited(bytes),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::parse;

    #[test]
    fn added_removed_renamed_and_binary_files_are_told_apart() {
        let patch = "diff --git a/n.yaml b/n.yaml\nnew file mode 100644\n--- /dev/null\n+++ b/n.yaml\n@@ -0,0 +1 @@\n+a: 1\n\
                     diff --git a/g.yaml b/g.yaml\ndeleted file mode 100644\n--- a/g.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a: 1\n\
                     diff --git a/o.yaml b/p.yaml\nrename from o.yaml\nrename to p.yaml\n\
                     diff --git a/k.env b/k.env\nBinary files a/k.env and b/k.env differ\n";
        let both = sides(parse(patch));
        let paths = |side: &[Input]| side.iter().map(|i| i.path.clone()).collect::<Vec<_>>();
        assert_eq!(
            (paths(&both.old), paths(&both.new)),
            (
                vec!["g.yaml".into(), "o.yaml".into(), "k.env".into()],
                vec!["n.yaml".to_owned(), "p.yaml".into(), "k.env".into()]
            )
        );
    }
}
