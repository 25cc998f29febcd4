"""What needs me today, search and the palette."""
