"""`python -m entherm` is the command `entherm`."""

from entherm.cli import main

if __name__ == "__main__":
    main()
