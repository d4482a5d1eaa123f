//! A database's container has no password left and no leave to do without one.

use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::Context;
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::{Resource, Segment};
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A container of a database's official image that loses the last of the variables which tell it how the superuser
    /// logs in: `POSTGRES_PASSWORD`, `POSTGRES_HOST_AUTH_METHOD`, `MYSQL_ROOT_PASSWORD` and their kin. Where the variables
    /// come from a file or an object that is not looked into, it is silent.
    ///
    /// ## Why it hurts
    ///
    /// The image's start script refuses to make a database without them. A server that has its data goes on; a new one, or
    /// one whose volume is gone, does not start, and everybody who needs it waits.
    ///
    /// ## Example
    ///
    /// ```yaml before compose.yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_DB: orders
    ///       POSTGRES_PASSWORD: ${DB_PASSWORD}
    /// ```
    ///
    /// ```yaml after compose.yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_DB: orders
    /// ```
    ///
    /// ```yaml fixed compose.yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_DB: orders
    ///       POSTGRES_PASSWORD_FILE: /run/secrets/db
    /// ```
    ///
    /// ## What to do
    ///
    /// Give the password by a secret.
    ///
    /// ## When it is wrong
    ///
    /// Where the server's data are there already, or the image is built with a start script of its own.
    ///
    /// ## References
    ///
    /// - <https://hub.docker.com/_/postgres>
    /// - <https://hub.docker.com/_/mysql>
    pub(super) static SERVER_WITHOUT_PASSWORD = "server-without-password", Medium, Medium,
        "A database's container is not told how its superuser logs in", check;
}

/// An image's start script: the ends of its repository, any of the variables that satisfy it, and what it says without.
struct Image {
    names: &'static [&'static str],
    variables: &'static [&'static str],
    refusal: &'static str,
}

const IMAGES: &[Image] = &[
    Image {
        names: &["postgres", "postgis", "timescaledb", "pgvector"],
        variables: &["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_HOST_AUTH_METHOD"],
        refusal: "Error: Database is uninitialized and superuser password is not specified",
    },
    Image {
        names: &["mysql", "mariadb", "percona", "percona-server"],
        variables: &[
            "MYSQL_ROOT_PASSWORD",
            "MYSQL_ROOT_PASSWORD_FILE",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "MYSQL_RANDOM_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD_FILE",
            "MARIADB_ROOT_PASSWORD_HASH",
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
            "MARIADB_ALLOW_EMPTY_PASSWORD",
            "MARIADB_RANDOM_ROOT_PASSWORD",
        ],
        refusal: "Database is uninitialized and password option is not specified",
    },
];

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(ctx.changes.iter().filter_map(|change| finding(ctx, change)));
    }
}

fn finding(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let old = change.old.as_ref().filter(|old| !old.text.trim().is_empty())?;
    if change.new.as_ref().is_some_and(|new| !new.text.trim().is_empty()) {
        return None;
    }
    let variable = change.logical.as_str();
    let image = IMAGES.iter().find(|image| image.variables.contains(&variable))?;
    let was = ctx.old.settings.resource_of(old.setting);
    let holder = ctx.new.settings.resources.iter().find(|r| r.id == was.id)?;
    if !runs(holder, image) || is_told(holder, image) || comes_from_elsewhere(holder) {
        return None;
    }
    let name = ctx.name(variable);
    let before = ctx.shown(variable, old);
    Some(
        FindingBuilder::new(
            SERVER_WITHOUT_PASSWORD.name,
            Severity::Medium,
            Confidence::Medium,
            change.new.as_ref().map_or(old.at, |new| new.at),
            shown!("{} was the last to tell how the superuser logs in: {} → nothing", name, before),
        )
        .message(Shown::of_static("the image makes no database without it; a server that has its data goes on"))
        .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
        .setting(name.clone(), Some(before.clone()), None)
        .symptom(Shown::of_static(image.refusal))
        .fix(Shown::of_static("give the password by a secret"), None)
        .rollback(wording::set_back(&name, Some(&before)))
        .question(Shown::of_static("Does the server have its data already wherever this is deployed?"))
        .build(),
    )
}

/// Whether the thing runs the image.
fn runs(holder: &Resource, image: &Image) -> bool {
    let images = holder.settings.iter().filter(|s| s.path.last() == "image");
    images.into_iter().any(|s| {
        let reference = s.value.text.split(['@']).next().unwrap_or_default();
        let last = reference.rsplit('/').next().unwrap_or_default();
        image.names.contains(&last.split(':').next().unwrap_or_default())
    })
}

/// Whether one of the variables is set, in whatever way.
fn is_told(holder: &Resource, image: &Image) -> bool {
    let is_one = |name: &str| image.variables.contains(&name);
    let named = |s: &crate::setting::Setting| {
        is_one(&s.logical)
            || s.path.segments().any(|g| matches!(g, Segment::Key(name) | Segment::Item(name) if is_one(name)))
    };
    holder.settings.iter().any(|s| named(s) && !s.value.text.trim().is_empty())
}

/// Whether variables come from a file or an object that may hold any of them.
fn comes_from_elsewhere(holder: &Resource) -> bool {
    const FROM: [&str; 4] = ["env_file", "envFrom", "extends", "secrets"];
    holder.settings.iter().any(|s| s.path.segments().any(|g| matches!(g, Segment::Key(name) if FROM.contains(&name))))
}
