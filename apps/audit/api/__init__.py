"""The REST doors of the audit book."""
