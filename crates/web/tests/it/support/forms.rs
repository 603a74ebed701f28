//! What the router can do, read from its source, and what its pages offer: every form that a visitor can reach.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::OnceLock,
};

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use super::{Answer, Site, Visitor};

/// Pages of a route looked at for the sake of one of their parameters.
const MOST_ALIKE: usize = 2;
/// Pages looked at in all.
const MOST_PAGES: usize = 1000;

/// A route of the router.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Route {
    /// As in its source: `/settlements/{key}`.
    pub path: String,
    /// It can be asked for.
    pub shows: bool,
    /// Something can be sent to it.
    pub changes: bool,
}

impl Route {
    /// Whether an address belongs to it.
    pub fn takes(&self, address: &str) -> bool {
        let path = address.split(['?', '#']).next().unwrap();
        let (wanted, found): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), path.split('/').collect());
        let alike = |(wanted, found): (&&str, &&str)| wanted.starts_with('{') || wanted == found;
        wanted.len() == found.len() && wanted.iter().zip(&found).all(alike)
    }

    /// Whether it is about one object, which is somebody's. A month, a currency and a sample are nobody's.
    pub fn names_an_object(&self) -> bool {
        self.path
            .split('/')
            .any(|part| part.starts_with('{') && !["{month}", "{currency}", "{sample}"].contains(&part))
    }
}

/// The routes, as `src/lib.rs` lists them. Routes made anywhere else, or in another way, would escape: there are none.
pub fn routes() -> Vec<Route> {
    static ROUTES: OnceLock<Vec<Route>> = OnceLock::new();
    ROUTES.get_or_init(read_routes).clone()
}

fn read_routes() -> Vec<Route> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![folder.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let mut forbidden = vec![".nest(", ".nest_service(", ".route_service(", ".merge(", "any(", "on("];
            if !path.ends_with("src/lib.rs") {
                forbidden.push("Router");
            }
            let routes = source.contains("routing::");
            let found = forbidden.into_iter().find(|word| source.contains(word) && routes);
            assert_eq!(found, None, "{} makes routes that this test does not see", path.display());
        }
    }
    let source = std::fs::read_to_string(folder.join("lib.rs")).unwrap();
    let routes: Vec<Route> = source.split(".route(").skip(1).map(route).collect();
    assert!(routes.len() > 20 && routes.iter().all(|route| route.shows || route.changes), "{routes:?}");
    routes
}

fn route(source: &str) -> Route {
    let mut depth = 1;
    let end = source.find(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    let source = &source[..end.expect("parentheses that close")];
    let path = source.split('"').nth(1).expect("a path").to_owned();
    let changes = ["post(", "put(", "patch(", "delete("].into_iter().any(|word| source.contains(word));
    Route { path, shows: source.contains("get("), changes }
}

/// A form as a page offers it, filled in.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    /// It asks for a page, and changes nothing.
    asks: bool,
    multipart: bool,
    fields: Vec<(String, String)>,
    files: Vec<String>,
}

/// What was found by following every link.
#[derive(Default)]
pub struct Pages {
    /// Addresses that were asked for.
    pub seen: BTreeSet<String>,
    /// Forms, no two with the same address and the same names and hidden values.
    pub forms: Vec<Form>,
}

impl Pages {
    /// Follows every link from these addresses, a few of each kind, and keeps the forms.
    pub async fn walk(&mut self, site: &Site, visitor: &Visitor, from: &[&str]) {
        let mut alike: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut queue: VecDeque<String> = from.iter().map(|&path| path.to_owned()).collect();
        let mut met: BTreeSet<String> = queue.iter().cloned().collect();
        let routes = routes();
        while let Some(address) = queue.pop_front() {
            let route = routes.iter().find(|route| route.takes(&address));
            let route = route.unwrap_or_else(|| panic!("{address} belongs to no route"));
            // Not every combination of them: those are without end.
            let mut new = false;
            for name in parameters(&address) {
                let count = alike.entry((route.path.clone(), name)).or_default();
                *count += 1;
                new |= *count <= MOST_ALIKE;
            }
            if !new {
                continue;
            }
            assert!(
                self.seen.len() < MOST_PAGES,
                "the pages link to each other without end: {:?}",
                self.seen.iter().take(20).collect::<Vec<_>>()
            );
            let answer = site.get(visitor, &address).await;
            // What was typed into a search may make no sense.
            let fine = [StatusCode::OK, StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY];
            let fine = fine.contains(&answer.status);
            assert!(fine, "{address} is linked and answers {}", answer.status);
            self.seen.insert(address.clone());
            queue.extend(links(&answer.body).into_iter().filter(|link| met.insert(link.clone())));
            for form in forms(&answer.body, &address) {
                if form.asks {
                    let address = form.action.split('?').next().unwrap().to_owned() + "?" + &form.pairs();
                    queue.extend(met.insert(address.clone()).then_some(address));
                    continue;
                }
                if !self.forms.iter().any(|known| known.is_like(&form)) {
                    self.forms.push(form);
                }
            }
        }
    }
}

impl Form {
    /// A form without fields, for those that pages offer only where something went wrong.
    pub fn bare(action: &str) -> Self {
        Self {
            action: action.to_owned(),
            asks: false,
            multipart: false,
            fields: Vec::new(),
            files: Vec::new(),
        }
    }

    fn is_like(&self, other: &Form) -> bool {
        let names = |form: &Form| form.fields.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        self.action == other.action && names(self) == names(other)
    }

    /// Sends it, saying from where as browsers do.
    pub async fn send(&self, site: &Site, visitor: &Visitor, from: &str) -> Answer {
        let request = visitor.request(Method::POST, &self.action).header("sec-fetch-site", from);
        let (kind, body) = if self.multipart {
            ("multipart/form-data; boundary=cut", self.parts())
        } else {
            ("application/x-www-form-urlencoded", self.pairs())
        };
        site.send(request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()).await
    }

    fn pairs(&self) -> String {
        let encode =
            |text: &str| text.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
        let pairs: Vec<String> =
            self.fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        pairs.join("&")
    }

    fn parts(&self) -> String {
        let head = "--cut\r\nContent-Disposition: form-data; name=";
        let sheet = "sku,from,goods\r\nA-1,2020-01-01,1.00";
        let fields = self.fields.iter().map(|(name, value)| format!("{head}\"{name}\"\r\n\r\n{value}\r\n"));
        let files = self.files.iter();
        let files = files.map(|name| format!("{head}\"{name}\"; filename=\"sheet.csv\"\r\n\r\n{sheet}\r\n"));
        let body: String = fields.chain(files).collect();
        body + "--cut--\r\n"
    }
}

/// The names of an address's parameters; an empty one if it has none.
fn parameters(address: &str) -> Vec<String> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    query.split('&').map(|pair| pair.split('=').next().unwrap_or_default().to_owned()).collect()
}

/// Addresses of this site that a page links to, without what only moves within it.
fn links(html: &str) -> Vec<String> {
    let hrefs = html.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let own = hrefs.filter(|href| href.starts_with('/') && !href.starts_with("/assets/"));
    own.map(|href| plain(href).split('#').next().unwrap().to_owned()).collect()
}

fn forms(html: &str, page: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    for part in html.split("<form").skip(1) {
        let (tag, rest) = part.split_once('>').unwrap();
        let inside = rest.split("</form>").next().unwrap();
        let action = value(tag, "action").filter(|action| !action.is_empty());
        let mut form = Form {
            action: action.unwrap_or_else(|| page.to_owned()).split('#').next().unwrap().to_owned(),
            asks: value(tag, "method").is_none_or(|method| !method.eq_ignore_ascii_case("post")),
            multipart: value(tag, "enctype").is_some_and(|kind| kind == "multipart/form-data"),
            fields: Vec::new(),
            files: Vec::new(),
        };
        let mut buttons = vec![(None, form.action.clone())];
        fill(&mut form, &mut buttons, inside);
        // Fields and buttons that stand outside of it, and name it.
        if let Some(id) = value(tag, "id") {
            for tag in html.split('<').filter(|tag| value(tag, "form").is_some_and(|form| form == id)) {
                fill(&mut form, &mut buttons, &format!("<{tag}"));
            }
        }
        for (button, action) in buttons {
            let mut pressed = Form { action, ..form.clone() };
            pressed.fields.extend(button);
            forms.push(pressed);
        }
    }
    forms
}

/// Fills in what a person would, as far as the kind of the field tells.
fn fill(form: &mut Form, buttons: &mut Vec<(Option<(String, String)>, String)>, html: &str) {
    let (mut select, mut needed) = (None, false);
    for part in html.split('<').skip(1) {
        let tag = part.split('>').next().unwrap();
        let (name, given) = (value(tag, "name"), value(tag, "value"));
        match tag.split([' ', '\n']).next().unwrap() {
            "button" => {
                let action = value(tag, "formaction").unwrap_or_else(|| form.action.clone());
                let pressed = name.map(|name| (name, given.unwrap_or_default()));
                if pressed.is_some() || action != form.action {
                    buttons.push((pressed, action));
                }
            }
            "input" => {
                let kind = value(tag, "type").unwrap_or_default();
                match (kind.as_str(), name) {
                    ("file", Some(name)) => form.files.push(name),
                    // One of several: what is chosen, else the first.
                    ("radio", Some(name)) => {
                        let chosen = given.unwrap_or_default();
                        match form.fields.iter_mut().find(|(known, _)| *known == name) {
                            Some(field) if tag.contains(" checked") => field.1 = chosen,
                            Some(_) => {}
                            None => form.fields.push((name, chosen)),
                        }
                    }
                    (_, Some(name)) => {
                        let empty = given.as_ref().is_none_or(String::is_empty);
                        let needed = tag.contains(" required") || kind == "checkbox";
                        let typed = (empty && needed).then(|| typed(&kind, tag));
                        form.fields.push((name, typed.or(given).unwrap_or_default()));
                    }
                    _ => {}
                }
            }
            "textarea" => form.fields.extend(name.map(|name| (name, "Because it is so".to_owned()))),
            "select" => {
                needed = tag.contains(" required");
                select = name;
            }
            // What is chosen, else the first; where nothing may not stay, the first that is something.
            "option" => {
                let Some(name) = &select else { continue };
                let value = given.unwrap_or_default();
                match form.fields.iter_mut().find(|(known, _)| known == name) {
                    Some(field) if tag.contains(" selected") || (needed && field.1.is_empty()) => {
                        field.1 = value;
                    }
                    Some(_) => {}
                    None => form.fields.push((name.clone(), value)),
                }
            }
            _ => {}
        }
    }
}

fn typed(kind: &str, tag: &str) -> String {
    let text = match kind {
        "date" => "2026-09-10",
        "month" => "2026-09",
        _ if value(tag, "inputmode").is_some() || kind == "number" => "100",
        "checkbox" => "on",
        _ => "Something",
    };
    text.to_owned()
}

fn value(tag: &str, name: &str) -> Option<String> {
    let start = tag.split('>').next()?.split_once(&format!(" {name}=\""))?.1;
    Some(plain(start.split('"').next()?))
}

fn plain(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"").replace("&#39;", "'")
}
