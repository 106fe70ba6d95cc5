"""Measures the live desk against two references on this machine; see docs/performance.md."""
