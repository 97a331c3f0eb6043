"""python -m gateway: the command `portico`."""

from gateway.cli.main import main

if __name__ == "__main__":
    main()
