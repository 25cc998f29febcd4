"""The pages of identity: one's own account, people, teams and domains."""
