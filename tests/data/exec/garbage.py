#!/usr/bin/env python3
"""Answers with what is no answer: no JSON, no steps, unknown steps."""
import json
import sys

for line in sys.stdin:
    number = json.loads(line)["id"]
    print(["no JSON", json.dumps({"id": number}), json.dumps({"id": number, "steps": ["dance"]})][number % 3], flush=True)
