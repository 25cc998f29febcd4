"""Opens and closes findings, by measurement alone."""

from apps.findings.services.book import measure_book
from apps.findings.services.measuring import Measured, Observed, measure

__all__ = ["Measured", "Observed", "measure", "measure_book"]
