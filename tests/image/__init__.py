"""The image without a container engine: lint the Dockerfile, execute its steps, check what it promises.

``tests/image/run`` goes through the floors of this package from the bottom up:

- :mod:`~tests.image.dockerfile` reads ``Dockerfile`` and ``.dockerignore``; decides nothing, touches nothing.
- :mod:`~tests.image.host` is what this machine lends: Debian's mirror, where pip gets packages, certificates.
- :mod:`~tests.image.sandbox` runs one command in a root folder. Every command has mounts and processes of
  its own, which end with it: nothing is left mounted or running, whatever happens to this program.
- :mod:`~tests.image.build` executes the instructions, each ``FROM`` on a fresh copy of a clean Debian.
- :mod:`~tests.image.promises` runs the result as a container engine would, read-only, and checks it.

Where this cannot be done (no root, no Debian, no network) the run says so and stops after the lint; with
``--required`` that is a failure.
"""
