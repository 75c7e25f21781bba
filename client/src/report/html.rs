//! Writes the readable report as one HTML file, without scripts or anything from elsewhere. The lineage is an SVG.

use super::{
	graph::{Graph, Mark, Node, Role, What},
	layout::{layered, Place},
	page::{Cell, Page, Part},
	text,
};
use kexin_verifier::report::VerdictStatus;

/// The width of a node, in pixels.
const WIDTH: usize = 150;
/// The height of a line in a node.
const LINE: usize = 16;
/// The height of a node.
const HEIGHT: usize = 5 * LINE;
/// The space between layers, for the arrows.
const GAP: usize = 90;
/// The space between nodes of a layer.
const ROW: usize = 24;
/// The space around the drawing.
const MARGIN: usize = 12;

/// The upper left corner of a node.
type Corner = (usize, usize);

const STYLE: &str = "
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2430; background: #fff; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid #d5dbe3; }
.verdict { display: inline-block; padding: .3rem .8rem; border-radius: .3rem; font-weight: 600; color: #fff; }
.compliant { background: #1d6b3a; } .breached { background: #a3201d; } .cannot-tell { background: #7a5200; }
table { border-collapse: collapse; display: block; overflow-x: auto; max-width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border: 1px solid #d5dbe3; }
th { background: #eef2f6; font-weight: 600; }
code, pre { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; } pre { background: #eef2f6; padding: .6rem; white-space: pre-wrap; }
.drawing { overflow-x: auto; border: 1px solid #d5dbe3; } svg { display: block; } svg text { font: 12px system-ui, sans-serif; fill: #1c2430; }
.artifact { fill: #e3eefb; stroke: #2f5d9b; } .activity { fill: #fff7e0; stroke: #8a6d1c; } .read { fill: #f4f4f4; stroke: #777; stroke-dasharray: 4 3; }
.subject { stroke-width: 3; } .breach { fill: #fbdedd; stroke: #a3201d; stroke-width: 3; } .noticed { stroke: #b06f00; stroke-width: 3; }
.arrow { fill: none; stroke: #55606e; stroke-width: 1.4; } .looked { stroke-dasharray: 4 3; }
@media print { body { margin: 0; } .drawing { border: 0; } }
";

/// The page as one file.
pub fn render(page: &Page) -> String {
	let class = match page.status {
		VerdictStatus::Compliant => "compliant",
		VerdictStatus::Breached => "breached",
		VerdictStatus::CannotTell => "cannot-tell",
	};
	let title = escape(&page.title);
	let mut out = format!(
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
		 content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<meta name=\"viewport\" \
		 content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p><span \
		 class=\"verdict {class}\">{}</span></p>\n<p>{}</p>\n",
		escape(text::verdict(page.status)),
		escape(page.meaning),
	);
	for section in &page.sections {
		out += &format!("<h2>{}</h2>\n", escape(&section.title));
		for part in &section.parts {
			out += &render_part(part);
		}
	}
	out + "</body>\n</html>\n"
}

fn render_part(part: &Part) -> String {
	match part {
		Part::Text(text) => format!("<p>{}</p>\n", escape(text)),
		Part::Command(command) => format!("<pre>{}</pre>\n", escape(command)),
		Part::Facts(facts) => {
			let rows = facts.iter().map(|(name, value)| {
				format!(
					"<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
					escape(name),
					cell(value)
				)
			});
			format!("<table>\n{}</table>\n", rows.collect::<String>())
		},
		Part::Table { head, rows, more } => {
			let head = head
				.iter()
				.map(|name| format!("<th scope=\"col\">{}</th>", escape(name)));
			let rows = rows.iter().map(|row| {
				let cells = row.iter().map(|value| format!("<td>{}</td>", cell(value)));
				format!("<tr>{}</tr>\n", cells.collect::<String>())
			});
			let (head, rows) = (head.collect::<String>(), rows.collect::<String>());
			let more = match more {
				0 => String::new(),
				more => format!("<p>… and {more} more, in the file with the proof.</p>\n"),
			};
			format!("<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n{more}")
		},
		Part::Lineage(graph) => drawing(graph),
	}
}

fn cell(cell: &Cell) -> String {
	let text = escape(&cell.plain());
	match cell {
		Cell::Text(_) => text,
		Cell::Code(_) => format!("<code>{text}</code>"),
	}
}

/// The lineage, from its origins on the left to the right.
fn drawing(graph: &Graph) -> String {
	let edges = graph.edges.iter().map(|edge| (edge.from, edge.to)).collect::<Vec<_>>();
	let layout = layered(graph.nodes.len(), &edges);
	let all = || layout.places.iter().chain(layout.ways.iter().flatten());
	let most = |of: fn(&Place) -> usize| all().map(of).max().unwrap_or_default();
	let (columns, rows) = (most(|place| place.layer) + 1, most(|place| place.row) + 1);
	let mut heights = vec![0; columns];
	for place in all() {
		heights[place.layer] += HEIGHT + ROW;
	}
	let height = rows * (HEIGHT + ROW);
	let corner = |place: &Place| {
		let x = MARGIN + place.layer * (WIDTH + GAP);
		let above = height.saturating_sub(heights[place.layer]) / 2;
		(x, MARGIN + above + place.row * (HEIGHT + ROW))
	};
	let arrows = graph.edges.iter().zip(&layout.ways).map(|(edge, way)| {
		let ends = (corner(&layout.places[edge.from]), corner(&layout.places[edge.to]));
		arrow(ends.0, &way.iter().map(corner).collect::<Vec<_>>(), ends.1, edge.role)
	});
	let nodes = graph
		.nodes
		.iter()
		.enumerate()
		.map(|(number, node)| draw(node, corner(&layout.places[number])));
	let (breadth, height) = (2 * MARGIN + columns * (WIDTH + GAP) - GAP, 2 * MARGIN + height - ROW);
	let more = match graph.left_out {
		0 => String::new(),
		more => format!("<p>{more} artifacts farther away are not drawn; they are in the table below.</p>\n"),
	};
	format!(
		"<div class=\"drawing\"><svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"The lineage, from the left to the \
		 right\" width=\"{breadth}\" height=\"{height}\" viewBox=\"0 0 {breadth} {height}\">\n<defs><marker id=\"head\" \
		 viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" \
		 fill=\"#55606e\"/></marker></defs>\n{}{}</svg></div>\n<p>Solid arrows: used and generated. Dashed: only read, which is not \
		 lineage.</p>\n{more}",
		arrows.collect::<String>(),
		nodes.collect::<String>(),
	)
}

fn arrow(from: Corner, way: &[Corner], to: Corner, role: Role) -> String {
	let class = if role == Role::Read { "arrow looked" } else { "arrow" };
	let middle = |y: usize| y + HEIGHT / 2;
	let (mut x, mut y) = (from.0 + WIDTH, middle(from.1));
	let mut path = format!("M{x} {y}");
	for (next_x, next_y) in way.iter().chain([&to]) {
		let (bend, back, next) = (x + GAP / 2, next_x.saturating_sub(GAP / 2), middle(*next_y));
		path += &format!(" C{bend} {y} {back} {next} {next_x} {next}");
		(x, y) = (next_x + WIDTH, next);
		path += &format!(" H{x}");
	}
	// The last line would go through the node that the arrow points at.
	let path = path.rsplit_once(" H").map_or("", |(path, _)| path);
	format!("<path class=\"{class}\" marker-end=\"url(#head)\" d=\"{path}\"/>\n")
}

fn draw(node: &Node, (x, y): Corner) -> String {
	let kind = match node.what {
		What::Artifact => "artifact",
		What::Read => "read",
		What::Activity => "activity",
	};
	let mark = match node.mark {
		Mark::None => "",
		Mark::Subject => " subject",
		Mark::Breached => " breach",
		Mark::Noticed => " noticed",
	};
	let round = if node.what == What::Activity { 14 } else { 3 };
	let lines = (1..).zip(&node.lines).map(|(number, line)| {
		let (x, y) = (x + 8, y + 2 + number * LINE);
		format!("<text x=\"{x}\" y=\"{y}\">{}</text>", escape(&cut(line)))
	});
	format!(
		"<g><title>{:?}</title><rect class=\"{kind}{mark}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
		 rx=\"{round}\"/>{}</g>\n",
		node.id,
		lines.collect::<String>(),
	)
}

/// As much of a line as fits into a node.
fn cut(line: &str) -> String {
	const MOST: usize = 20;
	if line.chars().count() <= MOST {
		return line.to_owned();
	}
	line.chars().take(MOST - 1).chain(['…']).collect()
}

/// Text that HTML shows as it is, in elements and in attributes.
fn escape(text: &str) -> String {
	let mut out = String::with_capacity(text.len());
	for letter in text::plain(text).chars() {
		match letter {
			'&' => out += "&amp;",
			'<' => out += "&lt;",
			'>' => out += "&gt;",
			'"' => out += "&quot;",
			'\'' => out += "&#39;",
			_ => out.push(letter),
		}
	}
	out
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn nothing_in_a_text_is_markup() {
		assert_eq!(
			escape("</text><script>\"a\" & 'b'\u{0}"),
			"&lt;/text&gt;&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;\u{fffd}"
		);
	}

	#[test]
	fn a_long_name_is_cut_between_letters() {
		assert_eq!(cut("éééééééééééééééééééé"), "éééééééééééééééééééé");
		assert_eq!(cut("ééééééééééééééééééééé"), "ééééééééééééééééééé…");
	}

	#[test]
	fn a_drawing_of_nothing_is_a_drawing() {
		assert!(drawing(&Graph::default()).contains("</svg>"));
	}
}
