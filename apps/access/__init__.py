"""People asking for data, and what they were given until when."""
