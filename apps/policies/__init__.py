"""Standing rules over tags, subjects and actions."""
