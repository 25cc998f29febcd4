"""The pages of access: asking, requests, grants with their proof, and who holds a dataset."""
