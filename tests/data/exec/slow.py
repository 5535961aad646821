#!/usr/bin/env python3
"""Answers after half a second, one question after the other."""
import json
import sys
import time

for line in sys.stdin:
    time.sleep(0.5)
    print(json.dumps({"id": json.loads(line)["id"], "steps": ["ack", "executed"]}), flush=True)
