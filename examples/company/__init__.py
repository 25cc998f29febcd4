"""Halden Home, a made-up furniture shop in Europe with a warehouse full of personal data."""
