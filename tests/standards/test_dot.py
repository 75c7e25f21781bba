"""Graphviz, read by pydot, and drawn if Graphviz is installed."""

import shutil
import subprocess
import unittest

import pydot

from samples import REPORT, text


class Dot(unittest.TestCase):
    def test_every_artifact_and_activity_is_a_node(self):
        [graph] = pydot.graph_from_dot_data(text("lineage.dot"))
        nodes = [node for node in graph.get_nodes() if node.get_name() not in ("graph", "node", "edge")]
        read = {artifact for activity in REPORT["activities"] for artifact in activity["read"]}
        read -= {artifact["id"] for artifact in REPORT["artifacts"]}
        self.assertEqual(len(nodes), len(REPORT["artifacts"]) + len(REPORT["activities"]) + len(read))
        edges = sum(len(activity["used"]) + len(activity["read"]) + len(activity["generated"]) for activity in REPORT["activities"])
        self.assertEqual(len(graph.get_edges()), edges)

    @unittest.skipUnless(shutil.which("dot"), "Graphviz is not installed")
    def test_it_is_drawn(self):
        drawn = subprocess.run(["dot", "-Tsvg"], input=text("lineage.dot").encode(), capture_output=True, check=True)
        self.assertEqual(drawn.stderr, b"")
        self.assertIn(b"</svg>", drawn.stdout)


if __name__ == "__main__":
    unittest.main()
