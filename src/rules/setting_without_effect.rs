//! A setting of a pool stands where its program does not look for it any more.

use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::{ChangeSide, Explained};
use crate::rule::{Context, wording};
use crate::secret::Shown;
use crate::setting::{Resource, Setting};
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A setting that a change writes and that the version in use does not read, where the file itself proves the version:
    /// `spring.datasource.max-active` beside a `spring.datasource.hikari` section (Spring Boot 2 and later read the section
    /// alone), `spring.redis.*` beside `spring.data.redis.*` (Spring Boot 3), `maxActive` and `maxWait` beside `maxTotal` in
    /// a Tomcat resource (DBCP 2).
    ///
    /// ## Why it hurts
    ///
    /// The line looks as if it did something. The pool keeps its old size or the default, and whoever reads the file in the
    /// next incident believes the line.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.minimum-idle=5
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.minimum-idle=5
    /// spring.datasource.max-active=40
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.minimum-idle=5
    /// spring.datasource.hikari.maximum-pool-size=12
    /// ```
    ///
    /// ## What to do
    ///
    /// Write the setting under the name that is read; the message says which.
    ///
    /// ## When it is wrong
    ///
    /// When the application binds the section to a data source of its own.
    ///
    /// ## References
    ///
    /// - <https://github.com/spring-projects/spring-boot/wiki/Spring-Boot-2.0-Migration-Guide#data>
    /// - <https://github.com/spring-projects/spring-boot/wiki/Spring-Boot-3.0-Migration-Guide#data-access-changes>
    /// - <https://tomcat.apache.org/migration-8.html#Database_Connection_Pooling>
    pub(super) static SETTING_WITHOUT_EFFECT = "setting-without-effect", Low, Medium,
        "A setting stands where its program does not look for it any more", check;
}

/// A family of keys that a version stopped reading.
struct Retired {
    /// Segments above the key, folded; the whole path ends with them and the key.
    above: &'static [&'static str],
    /// The keys, folded; empty for all.
    keys: &'static [&'static str],
    /// Whether another key of the same file proves that the version is newer.
    proof: fn(&[String]) -> bool,
    /// Who reads something else.
    reader: &'static str,
    /// Where it looks instead.
    instead: &'static str,
    /// What the program logs, if anything.
    says: &'static str,
}

const RETIRED: &[Retired] = &[
    Retired {
        above: &["spring", "datasource"],
        keys: &[
            "maxactive",
            "maxidle",
            "minidle",
            "maxwait",
            "initialsize",
            "testonborrow",
            "testwhileidle",
            "testonreturn",
            "validationquery",
            "timebetweenevictionrunsmillis",
            "minevictableidletimemillis",
            "removeabandoned",
            "removeabandonedtimeout",
            "maximumpoolsize",
            "minimumidle",
            "connectiontimeout",
            "idletimeout",
            "maxlifetime",
            "leakdetectionthreshold",
        ],
        proof: has_pool_section,
        reader: "Spring Boot since 2",
        instead: "the pool's own section, spring.datasource.hikari",
        says: "",
    },
    Retired {
        above: &["spring", "redis"],
        keys: &[
            "host",
            "port",
            "url",
            "database",
            "timeout",
            "connecttimeout",
            "ssl",
            "maxactive",
            "maxidle",
            "minidle",
            "maxwait",
        ],
        proof: has_data_redis,
        reader: "Spring Boot since 3",
        instead: "spring.data.redis",
        says: "",
    },
    Retired {
        above: &[],
        keys: &["maxactive", "maxwait", "removeabandoned"],
        proof: has_dbcp2_name,
        reader: "Commons DBCP 2, the pool of Tomcat since 8,",
        instead: "maxTotal, maxWaitMillis and removeAbandonedOnBorrow",
        says: "Property maxActive is not used in DBCP2, use maxTotal instead. maxTotal default value is 8.",
    },
];

/// A section of the pool with a setting of its own.
fn has_pool_section(path: &[String]) -> bool {
    let at = path.windows(2).position(|pair| matches!(pair, [a, b] if a == "spring" && b == "datasource"));
    let section = at.and_then(|at| path.get(at + 2));
    let is_pool = section.is_some_and(|s| matches!(s.as_str(), "hikari" | "tomcat" | "dbcp2" | "druid"));
    is_pool && at.is_some_and(|at| path.len() == at + 4)
}

/// `spring.data.redis.repositories` was there in Spring Boot 2 too and proves nothing.
fn has_data_redis(path: &[String]) -> bool {
    let at = path.windows(3).position(|w| matches!(w, [a, b, c] if a == "spring" && b == "data" && c == "redis"));
    at.and_then(|at| path.get(at + 3)).is_some_and(|s| !matches!(s.as_str(), "repositories"))
}

fn has_dbcp2_name(path: &[String]) -> bool {
    path.last().is_some_and(|s| matches!(s.as_str(), "maxtotal" | "maxwaitmillis" | "removeabandonedonborrow"))
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for change in ctx.changes {
        let Some(new) = &change.new else { continue };
        let moved_only = change.old.as_ref().is_some_and(|old| old.text == new.text && change.old_path.is_none());
        // Of a connection string only whole settings are keys.
        if moved_only || new.secret || change.role.as_deref().is_some_and(|r| r.starts_with("param:")) {
            continue;
        }
        let resource = ctx.new_resource(new.setting);
        let setting = ctx.new.settings.get(new.setting);
        if let Some(retired) = RETIRED.iter().find(|r| r.holds(resource, setting)) {
            out.push(finding(ctx, change, new, retired));
        }
    }
}

impl Retired {
    fn holds(&self, resource: &Resource, setting: &Setting) -> bool {
        let path = folded(&setting.logical);
        let Some((key, above)) = path.split_last() else { return false };
        if !self.keys.contains(&key.as_str()) || !ends_with(above, self.above) {
            return false;
        }
        // A resource of Tomcat has its keys side by side; a section of Spring's may be anywhere in the file.
        let beside = |other: &&Setting| !self.above.is_empty() || other.path.parent() == setting.path.parent();
        let mut others = resource.settings.iter().filter(|s| s.unit == setting.unit).filter(beside);
        let in_xml = !self.above.is_empty() || resource.path.to_ascii_lowercase().ends_with(".xml");
        in_xml && !has_own_factory(resource, setting) && others.any(|other| (self.proof)(&folded(&other.logical)))
    }
}

/// Whether a Tomcat resource names the pool that still reads the old keys.
fn has_own_factory(resource: &Resource, setting: &Setting) -> bool {
    let beside = resource.settings.iter().filter(|s| s.path.parent() == setting.path.parent());
    let mut factories = beside.filter(|s| s.path.last() == "factory");
    factories.any(|s| s.value.text.contains("jdbc.pool"))
}

fn folded(key: &str) -> Vec<String> {
    let fold =
        |segment: &str| segment.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect();
    key.split('.').map(fold).collect()
}

fn ends_with(path: &[String], end: &[&str]) -> bool {
    path.len() >= end.len() && path.iter().rev().zip(end.iter().rev()).all(|(a, b)| a == b)
}

fn finding(ctx: &Context<'_>, change: &Explained, new: &ChangeSide, retired: &Retired) -> Finding {
    let name = ctx.name(&change.logical);
    let old = change.old.as_ref().map(|s| ctx.shown(&change.logical, s));
    let subject = change.subject.as_deref().map(|s| ctx.name(s));
    let title = shown!("{} is read by nobody: {} reads {}", name, retired.reader, retired.instead);
    let builder = FindingBuilder::new(SETTING_WITHOUT_EFFECT.name, Severity::Low, Confidence::Medium, new.at, title)
        .message(Shown::of_static(
            "what stands beside it shows the version; the line has no effect, and what was meant does not hold",
        ))
        .subject(subject, change.environment)
        .setting(name.clone(), old.clone(), Some(ctx.shown(&change.logical, new)))
        .fix(shown!("write it as {}", retired.instead), None)
        .rollback(wording::set_back(&name, old.as_ref()));
    if retired.says.is_empty() { builder.build() } else { builder.symptom(Shown::of_static(retired.says)).build() }
}
