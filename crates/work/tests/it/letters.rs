//! Every letter as its reader gets it, in both forms, with nothing in it that comes from elsewhere.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use ecom_work::mail::{Letter, Mail, Rendered, samples};

const SITE: &str = "https://books.example.in";
const TOKEN: &str = "0123456789abcdef";

fn all() -> Vec<(&'static str, Letter, Rendered)> {
    let mail = Mail::off(SITE);
    let rendered = |letter: &Letter| mail.render(letter, Some(TOKEN)).unwrap();
    samples().into_iter().map(|(name, letter)| (name, letter.clone(), rendered(&letter))).collect()
}

/// What stands after each occurrence of a text, up to a quotation mark.
fn after<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).map(|rest| rest.split('"').next().unwrap())
}

#[test]
fn every_letter_in_both_forms() {
    for (name, _, rendered) in all() {
        insta::assert_snapshot!(
            format!("{name}.txt"),
            format!("Subject: {}\n\n{}", rendered.subject, rendered.text)
        );
        insta::assert_snapshot!(format!("{name}.html"), rendered.html);
    }
}

#[test]
fn there_is_a_sample_of_every_letter() {
    let sampled: BTreeSet<&str> = samples().iter().map(|(_, letter)| letter.name()).collect();
    let known = [
        "address-changing",
        "confirm-address",
        "digest",
        "helped",
        "invitation",
        "lockout",
        "new-device",
        "reset-password",
        "review-due",
        "staff-invitation",
        "test",
        "verify-address",
    ];
    assert_eq!(sampled.into_iter().collect::<Vec<_>>(), known);
}

#[test]
fn nothing_in_a_letter_is_fetched_or_leads_elsewhere() {
    for (name, _, rendered) in all() {
        let html = &rendered.html;
        for word in
            ["<img", "<script", "<link", "<iframe", "<form", " src=", "url(", "@import", "<b>", " onclick"]
        {
            assert!(!html.contains(word), "{name} has {word}");
        }
        let links: Vec<&str> = after(html, "href=\"").collect();
        assert!(!links.is_empty(), "{name}");
        for link in links {
            assert!(link.starts_with(&format!("{SITE}/")), "{name} leads to {link}");
        }
        for text in [html, &rendered.text] {
            assert!(!text.contains("evil.example"), "{name}: a name became a link");
            assert!(!text.contains("{{") && !text.contains("{%"), "{name}");
        }
    }
}

#[test]
fn html_and_text_say_the_same() {
    for (name, _, rendered) in all() {
        let links = |text: &str| {
            let found = text.replace("&#38;", "&");
            let links = found
                .split(SITE)
                .skip(1)
                .map(|rest| rest.split(['"', '<', '\n', ' ']).next().unwrap().to_owned());
            links.filter(|link| link.len() > 1).collect::<BTreeSet<_>>()
        };
        assert_eq!(links(&rendered.html), links(&rendered.text), "{name}");
        let plain = rendered.text.replace("</b>", "");
        for line in
            plain.lines().filter(|line| line.len() > 60 && !line.contains('<') && !line.contains(": http"))
        {
            let escaped = line.replace('&', "&#38;").replace('\'', "&#39;");
            assert!(rendered.html.contains(escaped.trim_start_matches("- ")), "{name}: {line}");
        }
    }
}

#[test]
fn a_letter_is_kept_without_its_token_and_read_again() {
    for (name, letter, rendered) in all() {
        let mail = Mail::off(SITE);
        let without = mail.render(&letter, None).unwrap();
        assert!(!without.html.contains(TOKEN) && !without.text.contains(TOKEN));
        let had = rendered.text.contains(TOKEN);
        assert_eq!(without.text.contains("not kept"), had, "{name}");
        assert!(rendered.subject.chars().count() < 160, "{name}");
    }
    assert_eq!(Letter::from_json("{\"verify_address\":{}}"), None);
    assert_eq!(Letter::from_json("{\"of_the_future\":{\"name\":\"x\"}}"), None);
}
