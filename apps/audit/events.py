"""What the audit book announces."""

BROKEN = "audit.chain_broken"
"""The chain does not hold; the key is the first place that does not."""
