"""One file for each promise of speed: peer, ours and ceiling, interleaved in one run."""
