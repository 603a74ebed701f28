//! Takes one line of an original apart, so that a person reads it column by column.
//!
//! For showing only: nothing here decides a figure, and a line that does not fit its header gives what it has.

use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};

use super::{Format, date_range};

/// More columns than any line of a flat file; an XML that stands on one line is cut here.
const MOST_COLUMNS: usize = 200;
/// Elements of an XML whose names say what a value is for.
const PATH: usize = 3;

/// How many lines from the beginning of a file hold the header of its columns, preamble included.
pub fn head_lines(format: Format) -> usize {
    match format {
        Format::V2 | Format::V1 => 10,
        Format::DateRange => date_range::MOST_PREAMBLE_LINES,
        Format::Xml => 0,
    }
}

/// Lines of a file that one row may take up: a description of a date-range report may hold line ends.
pub const MOST_LINES: usize = 20;

/// Whether a row goes on in the next line of the file: it ends within quotes.
pub fn goes_on(format: Format, row: &str) -> bool {
    format == Format::DateRange && row.matches('"').count() % 2 == 1
}

/// Names and values of what a row holds; columns without a value are left out. `head` are the first lines of the
/// file, one below the other.
pub fn columns(format: Format, head: &str, row: &str) -> Vec<(String, String)> {
    match format {
        Format::V2 | Format::V1 => {
            let header = head.lines().find(|line| line.contains('\t')).unwrap_or_default();
            named(header.split('\t').map(str::to_owned), row.split('\t').map(str::to_owned))
        }
        Format::DateRange => {
            let Some((_, header)) = date_range::header_line(head) else { return Vec::new() };
            let delimiter = date_range::delimiter(header);
            named(cells(header, delimiter), cells(row, delimiter))
        }
        Format::Xml => elements(row),
    }
}

fn named(
    names: impl IntoIterator<Item = String>,
    values: impl IntoIterator<Item = String>,
) -> Vec<(String, String)> {
    let names = names.into_iter().chain(std::iter::repeat(String::new()));
    let values = values.into_iter().map(|value| value.trim().to_owned());
    let filled = names.zip(values).filter(|(_, value)| !value.is_empty()).take(MOST_COLUMNS);
    filled.map(|(name, value)| (name.trim_start_matches('\u{feff}').trim().to_owned(), value)).collect()
}

fn cells(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(line.trim_start_matches('\u{feff}').as_bytes());
    let first = reader.records().next();
    first.and_then(Result::ok).map(|record| record.iter().map(str::to_owned).collect()).unwrap_or_default()
}

/// Texts of the elements in a line, named by the elements around them. A line may begin or end within one.
fn elements(line: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(line);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let (mut path, mut text, mut found) = (Vec::<String>::new(), String::new(), Vec::new());
    while found.len() < MOST_COLUMNS {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                text.clear();
                path.push(tag.local_name().as_ref().to_owned());
            }
            Ok(Event::Text(piece)) => text.push_str(&piece),
            Ok(Event::GeneralRef(name)) => {
                text.push_str(resolve_predefined_entity(&name).unwrap_or_default());
            }
            Ok(Event::End(_)) => {
                if !text.trim().is_empty() {
                    let from = path.len().saturating_sub(PATH);
                    found.push((path[from..].join(" › "), text.trim().to_owned()));
                }
                text.clear();
                path.pop();
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn empty_columns_are_left_out_and_quotes_of_tab_files_stay() {
        let head = "\u{feff}settlement-id\torder-id\tsku\tamount\n1\t\t\t5";
        let named = columns(Format::V1, head, "12\t\t7\" blade\t-3.40");
        assert_eq!(named, [pair("settlement-id", "12"), pair("sku", "7\" blade"), pair("amount", "-3.40")]);
    }

    #[test]
    fn a_date_range_line_is_read_below_its_preamble() {
        let head = "\"Includes Amazon Marketplace\"\n\"All amounts in INR, unless specified\"\n\
                    \"date/time\",\"settlement id\",\"type\",\"description\",\"product sales\",\"other\",\"total\"\n";
        let line = "\"1 Sep, 2026\",\"26001\",\"Order\",\"Kurta, \"\"blue\"\"\",\"1,44,957.78\",\"\",\"1,44,957.78\"";
        let named = columns(Format::DateRange, head, line);
        assert_eq!(named[3], pair("description", "Kurta, \"blue\""));
        assert_eq!(named[4], pair("product sales", "1,44,957.78"));
        assert_eq!(named.len(), 6);
        assert!(columns(Format::DateRange, "no header", line).is_empty());
        assert!(goes_on(Format::DateRange, "\"1 Sep\",\"Bowl, ") && !goes_on(Format::DateRange, line));
        assert!(!goes_on(Format::V2, "7\" blade"));
    }

    #[test]
    fn an_xml_line_names_values_by_the_elements_around_them() {
        let line = "<Order><AmazonOrderID>402-1</AmazonOrderID><Item><SKU>A &amp; B</SKU><ItemFees><Fee>\
                    <Type>Commission</Type><Amount currency=\"INR\">-220.50</Amount></Fee></ItemFees></Item></Order>";
        let named = columns(Format::Xml, "", line);
        assert_eq!(named[0], pair("Order › AmazonOrderID", "402-1"));
        assert_eq!(named[1], pair("Order › Item › SKU", "A & B"));
        assert_eq!(named[3], pair("ItemFees › Fee › Amount", "-220.50"));
        let part = columns(Format::Xml, "", "<Amount currency=\"INR\">1.00</Amount></Fee></ItemFees><Fee>");
        assert_eq!(part, [pair("Amount", "1.00")]);
        assert!(columns(Format::Xml, "", "</a></b><").is_empty());
    }
}
