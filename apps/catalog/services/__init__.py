"""Everything that writes to the catalog."""

from apps.catalog.services.scanning import ScanResult, scan_system

__all__ = ["ScanResult", "scan_system"]
