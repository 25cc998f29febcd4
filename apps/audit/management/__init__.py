"""Commands of the audit book."""
