//! Rewrites that every client reads as the same.

use super::{Class, Edit, Random, Specimen};

/// All of them.
pub const HARMLESS: &[Class] = &[
    Class { name: "the host in capitals", make: capitals },
    Class { name: "the other name of the scheme", make: other_scheme },
    Class { name: "a letter of the database is encoded", make: encoded },
    Class { name: "the usual port is written out", make: port_written },
    Class { name: "the usual port is left out", make: port_omitted },
    Class { name: "parameters in another order", make: reordered },
    Class { name: "a comment at the top", make: comment },
    Class { name: "line ends of another system", make: windows_lines },
    Class { name: "the next version of an image", make: image_bump },
    Class {
        name: "a blank line at the end",
        make: |s, _| Some(Edit { range: s.text().len()..s.text().len(), text: "\n".into() }),
    },
];

/// The ending of the specimen's file.
fn ending<'s>(s: &'s Specimen<'_>) -> &'s str {
    s.path().rsplit('.').next().unwrap_or_default()
}

fn comment(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    matches!(ending(s), "yaml" | "yml" | "properties" | "env" | "toml")
        .then(|| Edit { range: 0..0, text: "# Reviewed in spring.\n".into() })
}

fn windows_lines(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let unix = matches!(ending(s), "yaml" | "yml" | "properties" | "toml") && !s.text().contains('\r');
    unix.then(|| Edit { range: 0..s.text().len(), text: s.text().replace('\n', "\r\n") })
}

/// The last digit of the first image's version is the next one.
fn image_bump(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let start = s.text().find("image: ")? + "image: ".len();
    let line = s.text().get(start..)?.lines().next()?.trim_end();
    let (_, tag) = line.rsplit_once(':').filter(|(_, tag)| tag.contains('.'))?;
    let digit = tag.bytes().last().filter(|b| (b'0'..=b'8').contains(b))?;
    let at = start + line.len() - 1;
    Some(Edit { range: at..at + 1, text: char::from(digit + 1).to_string() })
}

fn capitals(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let (range, host) = s.named_host()?;
    Some(Edit { range: range.clone(), text: host.to_ascii_uppercase() })
}

fn other_scheme(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let (range, scheme) = s.part("scheme")?;
    let text = match scheme {
        "postgres" => "postgresql",
        "postgresql" => "postgres",
        _ => return None,
    };
    Some(Edit { range: range.clone(), text: text.to_owned() })
}

fn encoded(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let (range, name) = s.part("database").filter(|_| is_uri(s))?;
    let first = name.bytes().next().filter(u8::is_ascii_alphabetic)?;
    Some(Edit { range: range.clone(), text: format!("%{first:02X}{}", &name[1..]) })
}

fn is_uri(s: &Specimen<'_>) -> bool {
    let known = |scheme: &str| matches!(scheme, "postgres" | "postgresql" | "mysql" | "mongodb");
    s.is_string && s.part("scheme").is_some_and(|(_, scheme)| known(scheme))
}

fn usual(s: &Specimen<'_>) -> Option<&'static str> {
    match s.part("scheme")?.1 {
        "postgres" | "postgresql" | "jdbc:postgresql" => Some("5432"),
        "mysql" | "jdbc:mysql" => Some("3306"),
        _ => None,
    }
}

fn port_written(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let (range, _) = s.named_host().filter(|_| s.is_string && s.part("port").is_none())?;
    let follows = s.text().as_bytes().get(range.end);
    (follows == Some(&b'/')).then_some(())?;
    Some(Edit { range: range.end..range.end, text: format!(":{}", usual(s)?) })
}

fn port_omitted(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let usual = usual(s)?;
    let (range, _) = s.part("port").filter(|(_, port)| *port == usual)?;
    let colon = s.text().as_bytes().get(range.start - 1) == Some(&b':');
    (colon && s.is_string && s.part("host[1]").is_none())
        .then(|| Edit { range: range.start - 1..range.end, text: String::new() })
}

fn reordered(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let string = s.string();
    let query = string.find('?').filter(|_| s.is_string)? + 1;
    let rest = string[query..].trim_end_matches(['"', '\'']);
    let mut pairs: Vec<&str> = rest.split('&').collect();
    if pairs.len() < 2 || rest.contains(['#', ';', '{', '$', ' ']) {
        return None;
    }
    pairs.reverse();
    let start = s.whole.start + query;
    Some(Edit { range: start..start + rest.len(), text: pairs.join("&") })
}
