"""FHIR R5 and R4B, read by fhir.resources 8."""

import json
import unittest

from fhir.resources.bundle import Bundle as BundleR5
from fhir.resources.R4B.bundle import Bundle as BundleR4B

from samples import ENTRIES, REPORT, moments, text


class Fhir(unittest.TestCase):
    def read(self, bundle, name):
        """Reads a Bundle and checks that nothing in it is lost or unknown."""
        raw = text(name)
        parsed = bundle.model_validate_json(raw)
        self.assertEqual(moments(json.loads(parsed.model_dump_json())), moments(json.loads(raw)))
        return json.loads(raw)

    def check(self, raw):
        resources = [entry["resource"] for entry in raw["entry"]]
        kinds = [resource["resourceType"] for resource in resources]
        evidence = sum(len(artifact["evidence"]) for artifact in REPORT["artifacts"])
        self.assertEqual(kinds.count("AuditEvent"), len(ENTRIES))
        self.assertEqual(kinds.count("Provenance"), len(REPORT["artifacts"]) + evidence)
        self.assertEqual(len({entry["fullUrl"] for entry in raw["entry"]}), len(raw["entry"]))
        for entry in raw["entry"]:
            self.assertEqual(entry["fullUrl"], f"urn:uuid:{entry['resource']['id']}")
        verdicts = [
            extension["valueCode"]
            for resource in resources
            for extension in resource.get("extension", [])
            if extension["url"] == "urn:kexin:verdict"
        ]
        self.assertEqual(verdicts, [REPORT["verdict"]["status"]])

    def test_r5(self):
        self.check(self.read(BundleR5, "fhir-r5.json"))

    def test_r4b(self):
        self.check(self.read(BundleR4B, "fhir-r4.json"))


if __name__ == "__main__":
    unittest.main()
