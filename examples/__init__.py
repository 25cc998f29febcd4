"""What a newcomer sees: the demo company, and the story told on it."""
