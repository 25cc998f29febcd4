"""The REST door of the catalog, by noun."""
