"""PROV-JSON, read by the Python package prov."""

import unittest

from prov import model
from prov.model import ProvDocument

from samples import ENTRIES, REPORT, text


def local(name):
    return str(name).split(":", 1)[1]


class Prov(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = ProvDocument.deserialize(content=text("prov.json"), format="json")

    def pairs(self, kind):
        return {tuple(local(value) for _, value in record.formal_attributes[:2]) for record in self.document.get_records(kind)}

    def test_it_is_read_and_written_without_loss(self):
        again = ProvDocument.deserialize(content=self.document.serialize(format="json"), format="json")
        self.assertEqual(again, self.document)
        self.assertIn("endDocument", self.document.get_provn())

    def test_everything_is_there(self):
        kinds = {kind: len(list(self.document.get_records(kind))) for kind in (model.ProvActivity, model.ProvAgent)}
        actors = {entry["event"]["actor"] for entry in ENTRIES}
        self.assertEqual(kinds[model.ProvActivity], len(REPORT["activities"]) + len(ENTRIES))
        self.assertEqual(kinds[model.ProvAgent], len(REPORT["members"]) + len(actors))
        entities = {local(record.identifier) for record in self.document.get_records(model.ProvEntity)}
        for artifact in REPORT["artifacts"]:
            self.assertIn(f"artifact-{artifact['id'][2:]}", entities)
        evidence = sum(len(artifact["evidence"]) for artifact in REPORT["artifacts"])
        self.assertEqual(sum(name.startswith("evidence-") for name in entities), evidence)

    def test_the_lineage_leads_from_the_model_to_every_artifact(self):
        sources = {}
        for made, used in self.pairs(model.ProvDerivation):
            sources.setdefault(made, set()).add(used)
        seen, open_ = set(), [f"artifact-{REPORT['model'][2:]}"]
        while open_:
            name = open_.pop()
            if name not in seen:
                seen.add(name)
                open_ += sources.get(name, ())
        self.assertEqual(seen, {f"artifact-{artifact['id'][2:]}" for artifact in REPORT["artifacts"]})

    def test_what_was_only_read_is_not_used(self):
        used, influenced = self.pairs(model.ProvUsage), self.pairs(model.ProvInfluence)
        read = {
            (f"activity-{activity['id'][2:]}", f"artifact-{artifact[2:]}")
            for activity in REPORT["activities"]
            for artifact in activity["read"]
        }
        self.assertEqual(len(read), 2)
        self.assertLessEqual(read, influenced)
        self.assertFalse(read & used)

    def test_the_verdict_is_an_attribute_of_the_report(self):
        [report] = [record for record in self.document.get_records(model.ProvEntity) if local(record.identifier).startswith("report-")]
        attributes = {str(name): str(value) for name, value in report.attributes}
        self.assertEqual(attributes["kexin:verdict"], REPORT["verdict"]["status"])
        self.assertEqual(attributes["kexin:genesis"], REPORT["genesis"])


if __name__ == "__main__":
    unittest.main()
