"""What should be true in the outside systems, and the proof that it is."""
