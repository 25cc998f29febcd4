"""The apps of Seneschal, one folder each, on the floors of docs/architecture.md."""
