#!/usr/bin/env python3
"""Answers five questions and ends."""
import json
import sys

for number, line in enumerate(sys.stdin):
    if number == 5:
        sys.exit(3)
    print(json.dumps({"id": json.loads(line)["id"], "steps": ["ack", "executed"]}), flush=True)
