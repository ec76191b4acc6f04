"""``python -m service`` is ``silah``, where only the source tree is at hand."""

from silah import main

if __name__ == "__main__":
    main()
