"""Runs the servers beside each other and writes what was measured. Python's standard library only."""
