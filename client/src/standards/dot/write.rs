//! The lineage of a report for Graphviz.

use crate::report::{
	graph::{Graph, Mark, Role, What},
	text,
};
use kexin_verifier::Report;
use std::io::{self, Write};

/// The most artifacts in the drawing: as many as the ancestry of a report can have.
const NODES: usize = 100_000;

/// Writes the lineage in the DOT language. Arrows go the way the data went.
///
/// # Errors
/// When the output can't be written to.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
	out.write_all(render(report).as_bytes())
}

fn render(report: &Report) -> String {
	let graph = Graph::new(report, NODES);
	let label = format!(
		"{} at block {} of {}",
		text::verdict(report.verdict.status),
		report.block.number,
		text::time(report.block.time)
	);
	let mut out = format!(
		"digraph lineage {{\n\tgraph [rankdir=LR, labelloc=t, label={}];\n\tnode [fontname=\"sans-serif\", fontsize=10, \
		 style=filled, fillcolor=\"#ffffff\"];\n\tedge [color=\"#55606e\"];\n",
		quote(&[label])
	);
	for (number, node) in graph.nodes.iter().enumerate() {
		let shape = match node.what {
			What::Artifact => "shape=box, fillcolor=\"#e3eefb\"",
			What::Read => "shape=box, style=\"filled,dashed\", fillcolor=\"#f4f4f4\"",
			What::Activity => "shape=ellipse, fillcolor=\"#fff7e0\"",
		};
		let mark = match node.mark {
			Mark::None => "",
			Mark::Subject => ", penwidth=3",
			Mark::Breached => ", penwidth=3, color=\"#a3201d\"",
			Mark::Noticed => ", penwidth=3, color=\"#b06f00\"",
		};
		let tip = quote(&[format!("{:?}", node.id)]);
		out += &format!(
			"\tn{number} [label={}, tooltip={tip}, {shape}{mark}];\n",
			quote(&node.lines)
		);
	}
	for edge in &graph.edges {
		let style = match edge.role {
			Role::Used => "label=\"used\"",
			Role::Read => "label=\"read\", style=dashed",
			Role::Generated => "label=\"generated\"",
		};
		out += &format!("\tn{} -> n{} [{style}];\n", edge.from, edge.to);
	}
	out + "}\n"
}

/// Lines as a quoted string of DOT.
fn quote(lines: &[String]) -> String {
	let escape = |line: &String| {
		text::plain(line)
			.replace('\\', "\\\\")
			.replace('"', "\\\"")
			.replace('&', "&amp;")
	};
	format!("\"{}\"", lines.iter().map(escape).collect::<Vec<_>>().join("\\n"))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn nothing_in_a_label_ends_it() {
		let lines = ["a\"b\\".to_owned(), "c\nd & <e>".to_owned()];
		assert_eq!(quote(&lines), "\"a\\\"b\\\\\\nc\u{fffd}d &amp; <e>\"");
	}
}
