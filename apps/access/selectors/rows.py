"""A few live rows as a table: which columns are masked, and every cell with its column."""

from dataclasses import dataclass

from apps.connectors.contracts import Preview


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of a preview, each name and each cell with whether it is masked."""

    preview: Preview

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """The names."""
        return [(name, name in self.preview.masked) for name in self.preview.columns]

    @property
    def rows(self) -> list[list[tuple[str | None, bool]]]:
        """The cells."""
        masked = [name in self.preview.masked for name in self.preview.columns]
        return [list(zip(row, masked, strict=True)) for row in self.preview.rows]
