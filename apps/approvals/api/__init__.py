"""Approvals and delegations at the REST door."""
