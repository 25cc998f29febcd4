"""How the tables of the catalog came to be."""
