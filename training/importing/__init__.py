"""Import: article records of any location go to a file or a running service, each once.

::

    job.py       run(locations → target): reads, checks, sends on what is new or changed, counts
    targets.py   FileTarget, ServiceTarget: where records go
    memory.py    Memory: what was sent on, and where each source stopped
    watching.py  watch(): the same again and again
    cli.py       `silah import`
"""
