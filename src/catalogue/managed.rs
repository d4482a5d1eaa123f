//! What a managed service makes of the size of an instance.
//!
//! In: a service's table and the size as the configuration names it (`db.t4g.medium`, `GP_Standard_D2ds_v4`). Out: the
//! limit as an interval, because a table on advertised memory is an upper bound, and whose table it was, with its date.

use super::schema::{Evidence, Managed};

/// The limit that comes with a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeLimit {
    /// Least and greatest limit that instances of the size have.
    pub least: u64,
    /// The greatest.
    pub most: u64,
    /// Slots inside it that applications never get.
    pub reserved: u64,
    /// Whose table it is, with its date: `Amazon Aurora PostgreSQL, table of 2023-06`.
    pub whose: String,
}

/// Below this memory the system's own share is larger. Measured: 0.72 at 1 GiB, 0.89 to 0.97 from 4 GiB on.
const SMALL_MIB: u64 = 4096;

pub(super) fn limit_of_size(tables: &[Managed], service: &str, size: &str) -> Option<SizeLimit> {
    let table = tables.iter().find(|m| m.id == service)?;
    let made = |least: u64, most: u64| SizeLimit {
        least,
        most,
        reserved: table.reserved,
        whose: match table.evidence {
            Evidence::ThirdParty => format!("{}, third-party table of {}", table.name, table.checked),
            _ => format!("{}, table of {}", table.name, table.checked),
        },
    };
    if let Some(n) = table.rows.get(size) {
        return Some(made(*n, *n));
    }
    if let Some(per) = table.memory {
        let mib = memory_mib(tables, service, size)?;
        let most = (mib.checked_mul(1 << 20)? / per.bytes_each).min(per.at_most);
        // Only Amazon's formula counts less than the advertised memory.
        let share = match (service.starts_with("rds") || service.starts_with("aurora"), mib < SMALL_MIB) {
            (false, _) => 100,
            (true, true) => 70,
            (true, false) => 88,
        };
        return Some(made(most * share / 100, most));
    }
    let size = measure(service, size)?;
    let (_, n) = table.steps.iter().rev().find(|(from, _)| *from <= size)?;
    Some(made(*n, *n))
}

/// The figure that the steps of a service go by: memory in MiB, or hundredths of a unit.
fn measure(service: &str, size: &str) -> Option<u64> {
    match service {
        "cloudsql-postgresql" | "cloudsql-mysql" => cloud_sql_mib(size),
        "azure-postgresql" | "azure-mysql" => azure_mib(size),
        _ => hundredths(size),
    }
}

fn memory_mib(tables: &[Managed], service: &str, size: &str) -> Option<u64> {
    match service {
        _ if service.starts_with("rds") || service.starts_with("aurora") => aws_mib(tables, size),
        _ if service.starts_with("digitalocean") => digital_ocean_mib(size),
        _ => bytes(size).map(|bytes| bytes >> 20),
    }
}

/// `db.r6g.2xlarge`: the family's `large`, times what the size says.
fn aws_mib(tables: &[Managed], class: &str) -> Option<u64> {
    let (family, size) = class.strip_prefix("db.")?.split_once('.')?;
    let large = *tables.iter().find(|m| m.id == "aws-memory")?.rows.get(family)?;
    let times = |n: u64| large.checked_mul(n);
    match size {
        "micro" => Some(large / 8),
        "small" => Some(large / 4),
        "medium" => Some(large / 2),
        "large" => Some(large),
        "xlarge" => times(2),
        _ => times(size.strip_suffix("xlarge")?.parse::<u64>().ok()?.checked_mul(2)?),
    }
}

/// `db-custom-2-7680` says its memory; the older names stand for theirs.
fn cloud_sql_mib(tier: &str) -> Option<u64> {
    let number = |text: &str| text.parse::<u64>().ok();
    match tier {
        "db-f1-micro" => return Some(614),
        "db-g1-small" => return Some(1740),
        _ => {}
    }
    if let Some(custom) = tier.strip_prefix("db-custom-") {
        return number(custom.split_once('-')?.1);
    }
    if let Some(cpus) = tier.strip_prefix("db-n1-standard-").and_then(number) {
        return cpus.checked_mul(3840);
    }
    if let Some(cpus) = tier.strip_prefix("db-n1-highmem-").and_then(number) {
        return cpus.checked_mul(6656);
    }
    tier.strip_prefix("db-perf-optimized-N-").and_then(number)?.checked_mul(8192)
}

/// `GP_Standard_D2ds_v4`, `B_Standard_B2s`: the series and the number of processors give the memory.
fn azure_mib(sku: &str) -> Option<u64> {
    let name = sku.split_once("Standard_").map_or(sku, |(_, name)| name);
    let name = name.split('_').next().unwrap_or(name);
    let burstable = |gib: u64| Some(gib * 1024);
    match name.to_ascii_lowercase().as_str() {
        "b1s" => return burstable(1),
        "b1ms" => return burstable(2),
        "b2s" => return burstable(4),
        "b2ms" => return burstable(8),
        _ => {}
    }
    let series = name.chars().next()?;
    let digits: String = name.chars().skip(1).take_while(char::is_ascii_digit).collect();
    let processors: u64 = digits.parse().ok()?;
    let each = match series {
        'B' | 'b' | 'D' | 'd' => 4096,
        'E' | 'e' if processors == 64 => 6912,
        'E' | 'e' => 8192,
        _ => return None,
    };
    processors.checked_mul(each)
}

/// `db-s-2vcpu-4gb`.
fn digital_ocean_mib(size: &str) -> Option<u64> {
    let gib: u64 = size.rsplit('-').next()?.strip_suffix("gb")?.parse().ok()?;
    gib.checked_mul(1024)
}

/// `0.5` is 50.
fn hundredths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: String = part.chars().chain("00".chars()).take(2).collect();
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(part.parse().ok()?)
}

/// A quantity of Kubernetes: `4Gi`, `512M`, `1073741824`.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split)?;
    let number: u64 = number.parse().ok()?;
    let factor = match unit {
        "" => 1,
        "k" => 1000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    #[track_caller]
    fn check(service: &str, size: &str, expected: Option<(u64, u64)>) {
        let found = Catalogue::builtin().expect("checked").limit_of_size(service, size);
        assert_eq!(found.map(|f| (f.least, f.most)), expected, "{service} {size}");
    }

    #[test]
    fn the_sizes_of_amazon_are_known() {
        check("aurora-postgresql", "db.t4g.large", Some((844, 844)));
        check("aurora-postgresql", "db.t4g.medium", Some((405, 405)));
        check("rds-postgresql", "db.t4g.micro", Some((78, 112)));
        check("rds-postgresql", "db.m5.large", Some((792, 901)));
        check("rds-postgresql", "db.r6g.16xlarge", Some((4400, 5000)));
        check("rds-mysql", "db.r5.xlarge", Some((2402, 2730)));
        check("rds-mariadb", "db.m5.4xlarge", Some((2402, 2730)));
        check("aurora-serverless-v2-postgresql", "16", Some((3360, 3360)));
        check("aurora-serverless-v2-mysql", "0.5", None);
        check("rds-postgresql", "db.z9.large", None);
        check("rds-postgresql", "${var.class}", None);
    }

    #[test]
    fn the_sizes_of_others_are_known() {
        check("cloudsql-postgresql", "db-custom-2-7680", Some((400, 400)));
        check("cloudsql-postgresql", "db-f1-micro", Some((25, 25)));
        check("cloudsql-mysql", "db-n1-standard-4", Some((4000, 4000)));
        check("azure-postgresql", "GP_Standard_D2ds_v4", Some((859, 859)));
        check("azure-postgresql", "B_Standard_B1ms", Some((50, 50)));
        check("azure-mysql", "MO_Standard_E4ds_v4", Some((2731, 2731)));
        check("digitalocean-postgresql", "db-s-2vcpu-4gb", Some((100, 100)));
        check("heroku-postgresql", "standard-0", Some((120, 120)));
        check("neon", "0.25", Some((104, 104)));
        check("percona-xtradb", "4Gi", Some((341, 341)));
        check("percona-xtradb", "2Gi", Some((170, 170)));
    }
}
