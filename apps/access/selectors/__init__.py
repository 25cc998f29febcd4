"""What access reads, by noun."""
