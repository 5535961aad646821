#!/usr/bin/env python3
"""Cannot run."""
import sys

sys.exit("a module is missing")
