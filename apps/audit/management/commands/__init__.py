"""One file per command of the audit book."""
