#!/usr/bin/env python3
"""Reads nothing, and ends only when it is killed."""
import signal
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    time.sleep(1)
