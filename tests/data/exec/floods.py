#!/usr/bin/env python3
"""Writes without being asked, as fast as it can."""
while True:
    print("noise " * 20)
