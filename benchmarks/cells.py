"""What people are given against what was decided, cell by cell, on a live PostgreSQL.

`python -m benchmarks.cells [cells] [seed]`, 200,000 cells by default: random tables, people,
groups, rows and rules are made to stand, every person signs in with a password, and every cell that
the server really returns is compared with the decision, and so is what it withholds. Half of the
cells come from PostgreSQL 18 and half from the distribution's 15, where that is installed; promised
are 0 differences.
"""

import os
import random
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

from benchmarks.harness import report


def main() -> None:
    """Compare, print what was compared and what differed, and exit 1 when anything did."""
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randint(1, 10**9)
    django.setup()
    from controlplane.embedded.programs import debian_postgres

    majors = [18, 15] if debian_postgres(15) else [18]
    rows = []
    for major in majors:
        rows += _compared(major, -(-cells // len(majors)), seed)
    kept = report(f"Cells, {cells} compared", rows, versions=["django", "psycopg"])
    sys.exit(0 if kept else 1)


def _compared(major: int, cells: int, seed: int) -> list[tuple[str, str, str, bool]]:
    from tests.connectors.postgresql.comparing import Tally, make_stage, try_world
    from tests.servers import fresh_database, running_cluster

    tally, start = Tally(), time.perf_counter()
    with running_cluster(f"cells{major}", major) as cluster, fresh_database(cluster) as db:
        stage = make_stage(db)
        while tally.cells < cells:
            try_world(stage, tally.worlds, seed + tally.worlds, tally)
    for difference in tally.differences:
        print(difference)
    on, wrong = f"PostgreSQL {major}", len(tally.differences)
    modes = ", ".join(f"{count} {mode}" for mode, count in sorted(tally.modes.items()))
    return [
        (f"{on}: cells returned", f"{cells:,}", f"{tally.cells:,}", tally.cells >= cells),
        (f"{on}: cells withheld", "as measured", f"{tally.withheld:,}", True),
        (f"{on}: differences", "0", str(wrong), not wrong),
        (f"{on}: worlds from seed {seed}", "as measured", f"{tally.worlds}: {modes}", True),
        (f"{on}: seconds", "as measured", f"{time.perf_counter() - start:.0f}", True),
    ]


if __name__ == "__main__":
    main()
