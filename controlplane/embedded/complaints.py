"""Turning what a server wrote before it died into one sentence for a person."""

from pathlib import Path

_WORTH_SAYING = ("FATAL:", "PANIC:", "error:", "ERROR:", "could not", "Failed", "Can't", "denied")


def sentence_from(said: str, folder: Path) -> str:
    """Return the reason hidden in *said*; *folder* is named where it is the disk that is full."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return f"the disk that holds {folder} is full. Free some space and start again."
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in _WORTH_SAYING)]
    return (telling or lines or ["it ended without saying why"])[-1]
