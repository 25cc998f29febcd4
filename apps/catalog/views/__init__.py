"""The pages of the catalog: datasets and their columns, connections, and whose login is whose."""
