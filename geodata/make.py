"""
Make a made-up place: `python geodata/make.py example|city|province OUT [--seed N]`.

`example` is the study under geodata/example; `city` and `province` are large ones to measure with.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from madeup.example import SEED, make_county, write_example
from madeup.large import write_large


def main() -> None:
    """Read the command line and make the place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", choices=["example", "city", "province"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=None)
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    if wanted.place == "example":
        seed = SEED if wanted.seed is None else wanted.seed
        write_example(make_county(seed), wanted.out, seed)
    else:
        write_large(
            wanted.out,
            1 if wanted.seed is None else wanted.seed,
            columns=1 if wanted.place == "city" else 2,
            rows=1 if wanted.place == "city" else 5,
        )
    for path in sorted(wanted.out.rglob("*")):
        if path.is_file():
            print(f"{path.stat().st_size:>12,}  {path.relative_to(wanted.out)}")


if __name__ == "__main__":
    main()
