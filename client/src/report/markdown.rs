//! Writes the readable report as Markdown.

use super::{
	page::{Cell, Page, Part},
	text,
};
use std::fmt::Write as _;

/// The page as one file.
pub fn render(page: &Page) -> String {
	let mut out = format!(
		"# {}\n\n**{}**\n",
		escape(&page.title),
		text::verdict(page.status).to_uppercase()
	);
	out += &format!("\n{}\n", escape(page.meaning));
	for section in &page.sections {
		out += &format!("\n## {}\n", escape(&section.title));
		for part in &section.parts {
			out.push('\n');
			render_part(&mut out, part);
		}
	}
	out
}

fn render_part(out: &mut String, part: &Part) {
	// Writing to a string can't fail.
	let _ = match part {
		Part::Text(text) => writeln!(out, "{}", escape(&text::plain(text))),
		Part::Command(command) => writeln!(out, "{}", fenced([command.as_str()])),
		Part::Facts(facts) => facts
			.iter()
			.try_for_each(|(name, value)| writeln!(out, "- {}: {}", escape(name), cell(value))),
		Part::Table { head, rows, more } => {
			let head = head.iter().map(|name| escape(name)).collect::<Vec<_>>();
			let rule = vec!["---"; head.len()].join(" | ");
			let row = |row: &Vec<Cell>| row.iter().map(cell).collect::<Vec<_>>().join(" | ");
			writeln!(out, "| {} |\n| {rule} |", head.join(" | "))
				.and_then(|()| rows.iter().try_for_each(|cells| writeln!(out, "| {} |", row(cells))))
				.and_then(|()| match more {
					0 => Ok(()),
					more => writeln!(out, "\n… and {more} more, in the file with the proof."),
				})
		},
		Part::Lineage(graph) => writeln!(out, "{}", fenced(graph.tree().iter().map(String::as_str))),
	};
}

fn cell(cell: &Cell) -> String {
	match cell {
		Cell::Text(text) => escape(&text::plain(text)),
		Cell::Code(_) => {
			// Nothing in a code span is escaped, not even a backquote.
			let code = cell.plain().replace('`', "'").replace('|', "\u{ff5c}");
			format!("`{code}`")
		},
	}
}

/// Lines that are shown as they are.
fn fenced<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
	let lines = lines.into_iter().map(text::plain).collect::<Vec<_>>().join("\n");
	// The fence is longer than any run of backquotes inside.
	let longest = lines
		.split(|letter| letter != '`')
		.map(str::len)
		.max()
		.unwrap_or_default();
	let fence = "`".repeat(longest.saturating_add(1).max(3));
	format!("{fence}text\n{lines}\n{fence}")
}

/// Text that Markdown shows as it is anywhere but at the beginning of a line. Addresses do not become links.
fn escape(text: &str) -> String {
	let mut out = String::with_capacity(text.len());
	let mut letters = text.chars().peekable();
	let mut before = ' ';
	while let Some(letter) = letters.next() {
		let marks = match letter {
			'\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '@' | '!' | '#' => true,
			':' => letters.peek() == Some(&'/'),
			'.' => matches!(before, 'w' | 'W'),
			_ => false,
		};
		match letter {
			'&' => out += "&amp;",
			'<' => out += "&lt;",
			'>' => out += "&gt;",
			_ => {
				out.extend(marks.then_some('\\'));
				out.push(letter);
			},
		}
		before = letter;
	}
	out
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn nothing_in_a_text_is_markup() {
		assert_eq!(
			escape("a|b *c* <i> `d` [e](f) ![g] &amp; \\"),
			"a\\|b \\*c\\* &lt;i&gt; \\`d\\` \\[e\\](f) \\!\\[g\\] &amp;amp; \\\\"
		);
		assert_eq!(
			escape("https://a.b www.c d@e 1.5: f"),
			"https\\://a.b www\\.c d\\@e 1.5: f"
		);
		assert_eq!(cell(&Cell::Text("a\nb".into())), "a\u{fffd}b");
		assert_eq!(cell(&Cell::Code("`|".into())), "`'\u{ff5c}`");
	}

	#[test]
	fn a_fence_is_longer_than_what_is_inside() {
		assert_eq!(fenced(["a", "```` b"]), "`````text\na\n```` b\n`````");
		assert_eq!(fenced([]), "```text\n\n```");
	}
}
