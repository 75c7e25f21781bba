"""FHIR R4 4.0.1, read by fhir.resources 6.1."""

import json
import unittest

import fhir.resources
from fhir.resources.bundle import Bundle

from samples import moments, text


class FhirR4(unittest.TestCase):
    def test_r4(self):
        self.assertEqual(fhir.resources.__fhir_version__, "4.0.1")
        raw = text("fhir-r4.json")
        self.assertEqual(moments(json.loads(Bundle.parse_raw(raw).json())), moments(json.loads(raw)))


if __name__ == "__main__":
    unittest.main()
