"""What access decides and writes, by noun."""
