#!/usr/bin/env python3
"""Answers each question; fails every third command of a vehicle. Argument: file for its process id."""
import json
import os
import sys

if len(sys.argv) > 1:
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(str(os.getpid()))

asked = {}
for line in sys.stdin:
    question = json.loads(line)
    if "message" in question:
        print(json.dumps({"id": question["id"], "payload": str(question["message"]["sequence"])}), flush=True)
        continue
    vin = question["vehicle"]["vin"]
    asked[vin] = asked.get(vin, 0) + 1
    end = {"failed": "every_third"} if asked[vin] % 3 == 0 else "executed"
    print(json.dumps({"id": question["id"], "steps": ["ack", {"wait": "20ms"}, end]}), flush=True)
print("the input has ended", file=sys.stderr)
