import cProfile, pstats, time, pytest
from tests.architecture.test_authorisation_matrix import *


def test_prof(company):
    t = time.time()
    n = 0
    p = cProfile.Profile()
    work = [(m, r, row) for m, r, row in rows() if not row.public and not r.is_allauth]
    for m, r, row in work:
        values(r, company, row)
    print("made", time.time() - t)
    t = time.time()
    times = {}
    p.enable()
    for m, r, row in work:
        t0 = time.time()
        company.call(company.everywhere["admin"], m, r.url(values(r, company, row)))
        n += 1
        times[m + " " + r.path] = time.time() - t0
    p.disable()
    print(n, time.time() - t)
    for k, v in sorted(times.items(), key=lambda x: -x[1])[:15]:
        print(round(v, 3), k)
    pstats.Stats(p).sort_stats("cumtime").print_stats(45)
