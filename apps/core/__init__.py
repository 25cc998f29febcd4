"""What every app stands on: errors, refs, actors, announcements and the base of the API."""
