"""OpenLineage events, read by the classes of openlineage-python."""

import json
import unittest

from openlineage.client import event_v2 as events
from openlineage.client import facet_v2
from openlineage.client.generated import base

from samples import REPORT, text

KNOWN = {
    "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
}


def facet(name, value, kind):
    """The facet as an object of its class, which refuses unknown fields."""
    fields = {key: part for key, part in value.items() if not key.startswith("_")}
    if name == "ownership":
        module = facet_v2.ownership_job if kind is base.JobFacet else facet_v2.ownership_dataset
        owners = [module.Owner(**owner) for owner in fields["owners"]]
        made = getattr(module, "OwnershipJobFacet" if kind is base.JobFacet else "OwnershipDatasetFacet")(owners=owners)
    elif name in KNOWN:
        made = KNOWN[name](**fields)
    else:
        assert name.startswith("kexin_"), name
        made = kind(producer=value["_producer"]).with_additional_properties(**fields)
        return made
    assert value["_schemaURL"] == made._schemaURL, (name, made._schemaURL)
    return made


def facets(values, kind):
    for value in values.values():
        assert value["_producer"] and value["_schemaURL"]
    return {name: facet(name, value, kind) for name, value in values.items()}


def dataset(value, kind):
    value = dict(value)
    return kind(**{**value, "facets": facets(value["facets"], base.DatasetFacet)})


def read(line):
    value = json.loads(line)
    schema = value.pop("schemaURL")
    if "dataset" in value:
        value["dataset"] = dataset(value["dataset"], events.StaticDataset)
        event = events.DatasetEvent(**value)
    else:
        value["run"] = events.Run(runId=value["run"]["runId"], facets=facets(value["run"]["facets"], base.RunFacet))
        value["job"] = events.Job(**{**value["job"], "facets": facets(value["job"]["facets"], base.JobFacet)})
        value["eventType"] = events.RunState(value["eventType"])
        value["inputs"] = [dataset(each, events.InputDataset) for each in value["inputs"]]
        value["outputs"] = [dataset(each, events.OutputDataset) for each in value.get("outputs", [])]
        event = events.RunEvent(**value)
    assert schema == event.schemaURL, schema
    return event


class OpenLineage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.events = [read(line) for line in text("openlineage.ndjson").splitlines()]

    def test_each_activity_starts_and_completes(self):
        runs = [event for event in self.events if isinstance(event, events.RunEvent)]
        kinds = [event.eventType.value for event in runs]
        self.assertEqual(kinds, ["START", "COMPLETE"] * len(REPORT["activities"]))
        self.assertEqual(len({event.run.runId for event in runs}), len(REPORT["activities"]))

    def test_only_what_was_used_is_an_input(self):
        for activity in REPORT["activities"]:
            [done] = [
                event
                for event in self.events
                if isinstance(event, events.RunEvent) and activity["id"] in event.job.name and event.eventType.value == "COMPLETE"
            ]
            self.assertEqual([each.name for each in done.inputs], activity["used"])
            self.assertEqual([each.name for each in done.outputs], activity["generated"])

    def test_the_model_has_the_verdict(self):
        [about] = [event for event in self.events if isinstance(event, events.DatasetEvent)]
        self.assertEqual(about.dataset.name, REPORT["model"])
        self.assertEqual(about.dataset.facets["kexin_verdict"].status, REPORT["verdict"]["status"])


if __name__ == "__main__":
    unittest.main()
