"""Tests of the sandbox: attacks and uses that run inside a real one and report what they got."""
