"""The house: settings, entry points and everything needed to run Seneschal."""
