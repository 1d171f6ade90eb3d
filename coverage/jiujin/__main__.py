"""`python -m jiujin` is the command `jiujin`."""

from jiujin.cli import main

main()
