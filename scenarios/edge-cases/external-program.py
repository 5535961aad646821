#!/usr/bin/python3
"""A car as an external program of loadsim (docs/exec.md): reads questions as JSON lines, writes answers as JSON lines."""
import json
import sys

battery = {}  # by VIN: what YAML cannot remember from one command to the next


def steps_for(vehicle, command):
    """The steps of a behaviour in YAML."""
    level = battery.setdefault(vehicle["vin"], 3)
    if level == 0:
        battery[vehicle["vin"]] = 3  # the driver has charged it meanwhile
        return ["ack", {"wait": "50ms"}, {"failed": "battery_low"}]
    battery[vehicle["vin"]] = level - 1
    if command["service"] == "climate":
        return ["ack", "running", {"wait": "200ms"}, "executed"]
    return [{"wait": "20ms"}, "ack", {"wait": "100ms"}, "executed"]


def payload_for(vehicle, message):
    speed = message["signals"]["Vehicle.Speed"]
    return json.dumps({"vin": vehicle["vin"], "seq": message["sequence"], "warn": speed > 120})


for line in sys.stdin:
    question = json.loads(line)
    answer = {"id": question["id"]}
    if "command" in question:
        answer["steps"] = steps_for(question["vehicle"], question["command"])
    else:
        answer["payload"] = payload_for(question["vehicle"], question["message"])
    print(json.dumps(answer), flush=True)
