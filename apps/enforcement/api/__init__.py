"""The REST doors of enforcement."""
