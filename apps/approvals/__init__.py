"""Decisions by n of m reviewers, for every app that needs one."""
