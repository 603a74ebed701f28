//! What a page says, without how it looks: status, title, headings, notices, fields, buttons, links, table rows.

use super::Answer;

/// One line each, in the order of the page; only what stands in `<main>`.
pub fn outline(answer: &Answer) -> String {
    let mut lines = vec![answer.status.to_string()];
    if let Some(to) = answer.headers.get("location") {
        lines.push(format!("→ {}", to.to_str().unwrap()));
    }
    let (title, main) = (inside(&answer.body, "title"), inside(&answer.body, "main"));
    lines.extend(title.map(|title| format!("title {title}")));
    walk(main.unwrap_or_default(), &mut lines);
    lines.join("\n") + "\n"
}

fn inside<'a>(html: &'a str, tag: &str) -> Option<&'a str> {
    let open = html.find(&format!("<{tag}"))?;
    let start = open + html[open..].find('>')? + 1;
    Some(&html[start..start + html[start..].find(&format!("</{tag}>"))?])
}

fn walk(html: &str, lines: &mut Vec<String>) {
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>') else { break };
        let tag = &rest[open + 1..open + close];
        let after = &rest[open + close + 1..];
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        let content = || text(after.split_once(&format!("</{name}>")).map_or("", |(content, _)| content));
        match name {
            "h1" | "h2" | "h3" | "label" | "summary" | "pre" | "dt" | "dd" => {
                lines.push(format!("{name} {}", content()));
            }
            "button" => lines.push(format!("button {}", content())),
            "a" => lines.push(format!("link {} → {}", content(), value(tag, "href"))),
            "form" => lines.push(format!("form {} {}", value(tag, "method"), value(tag, "action"))),
            "input" | "select" => lines.push(field(name, tag)),
            "option" if tag.contains(" selected") => lines.push(format!("  chosen {}", content())),
            "p" if tag.contains("error") => lines.push(format!("  error {}", content())),
            "p" => lines.push(format!("p {}", content())),
            "span" if tag.contains("state") => lines.push(format!("state {}", content())),
            "tr" => {
                lines.push(format!("row {}", cells(after.split_once("</tr>").map_or("", |(row, _)| row))));
            }
            _ => {}
        }
        rest = after;
    }
}

fn field(name: &str, tag: &str) -> String {
    let flag =
        |flag: &str| if tag.contains(&format!(" {flag}")) { format!(" {flag}") } else { String::new() };
    let kind = if name == "select" { "select".to_owned() } else { value(tag, "type") };
    let wrong = if tag.contains("aria-invalid") { " invalid" } else { "" };
    format!(
        "  {kind} {} “{}”{}{}{}{wrong}",
        value(tag, "name"),
        value(tag, "value"),
        flag("required"),
        flag("checked"),
        flag("autofocus")
    )
}

fn cells(row: &str) -> String {
    let cells = row.split("<t").skip(1).map(|cell| text(cell.split_once('>').map_or("", |(_, cell)| cell)));
    cells.collect::<Vec<_>>().join(" | ")
}

fn value(tag: &str, name: &str) -> String {
    let start = tag.find(&format!(" {name}=\"")).map(|at| at + name.len() + 3);
    let value = start.and_then(|start| tag[start..].split('"').next()).unwrap_or_default();
    value.replace("&#38;", "&").replace("&amp;", "&")
}

/// The text between tags, with single spaces.
fn text(html: &str) -> String {
    let mut plain = String::new();
    for (index, part) in html.split('<').enumerate() {
        plain.push(' ');
        plain.push_str(if index == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) });
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ").replace("&#38;", "&")
}
