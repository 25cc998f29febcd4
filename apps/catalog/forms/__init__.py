"""What the pages of the catalog ask for."""
