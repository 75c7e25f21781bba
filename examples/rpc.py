#!/usr/bin/env python3
"""Prints the state of a dataset's log and every access in it that breached the consents, over HTTP.

    python3 examples/rpc.py [DATASET]

DATASET is a hash (0x…) or the text that was hashed, by default the pilot's images. KEXIN_NODE is the address of the node,
by default http://127.0.0.1:9944. Only the standard library is needed.
"""

import hashlib
import json
import os
import re
import sys
import urllib.request

NODE = re.sub("^ws", "http", os.environ.get("KEXIN_NODE", "http://127.0.0.1:9944"))


def call(method, *params):
    """Calls a method of JSON-RPC. An error ends the program with its code and message."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(NODE, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        answer = json.load(response)
    if "error" in answer:
        sys.exit(f"{method}: error {answer['error']['code']}: {answer['error']['message']}")
    return answer["result"]


name = sys.argv[1] if len(sys.argv) > 1 else "retina-images-v1"
dataset = name if name.startswith("0x") else "0x" + hashlib.blake2b(name.encode(), digest_size=32).hexdigest()

log = call("access_log", dataset)
print(f"{log['count']} accesses, {log['breaches']} of them breaches, root {log['root']}, block {log['block']['number']}")

query = {"dataset": dataset, "breaches": True}
while True:
    page = call("access_events", query)
    for entry in page["events"]:
        event = entry["event"]
        breaches = ", ".join(entry["breaches"])
        print(f"entry {entry['index']}: {event['operation']} for {event['purpose']}, breaches {breaches}")
    # A page may be short or empty. The last page has no next.
    if page.get("next") is None:
        break
    query["cursor"] = page["next"]
