# One image for both halves of Silah:
#   docker run -p 8000:8000 -v models:/artifacts IMAGE                        serves the model in service
#   docker run -v models:/artifacts -v ./data:/data:ro IMAGE train /data/articles.jsonl
# It runs as uid 10001 and writes to /artifacts and /tmp only, so it also runs with `--read-only --tmpfs /tmp`.
# `make image` lints this file and executes its steps in a clean Debian.

FROM debian:12-slim AS build

# Debian removes a package's old version when it publishes a security fix: an exact pin would break the build on the
# day of the fix. The series is pinned, the fix comes in.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends "python3-venv=3.11.*" \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/silah
WORKDIR /src
# dependencies first: this layer is rebuilt only when the lock changes; wheels only, for there is no compiler here
COPY requirements.lock ./
RUN /opt/silah/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock
COPY pyproject.toml README.md silah.py ./
COPY models ./models
COPY training ./training
COPY service ./service
# what installs is not needed by what runs
RUN /opt/silah/bin/pip install --no-cache-dir --no-deps . \
    && /opt/silah/bin/pip uninstall --yes pip setuptools

FROM debian:12-slim

# `python3` without its recommendations: interpreter and standard library, neither pip nor a compiler.
# The uid is fixed, so that a volume keeps its owner from one release to the next.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends "python3=3.11.*" \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 silah \
    && useradd --uid 10001 --gid silah --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin silah \
    && install --directory --owner silah --group silah /artifacts
COPY --from=build /opt/silah /opt/silah

# Nothing is written beside the code: its bytecode was compiled when it was installed; numba keeps what it compiles,
# for this very processor, in /tmp (not in the volume: a model is data, and numba's cache is code that runs when it
# is read), and so does joblib with what its processes share.
ENV PATH=/opt/silah/bin:$PATH \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    JOBLIB_TEMP_FOLDER=/tmp \
    SILAH_ARTIFACTS=/artifacts \
    SILAH_HOST=0.0.0.0 \
    SILAH_PORT=8000

# the defaults that are relative paths (./artifacts, ./silah.toml) start here
WORKDIR /
VOLUME ["/artifacts"]
EXPOSE 8000
USER 10001:10001

# Live, not ready: before the first training the service rightly waits, not ready, and must not be restarted for it.
# Readiness (/health/ready) is what a load balancer asks.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python3", "-c", "import http.client, os, sys; \
        service = http.client.HTTPConnection('127.0.0.1', int(os.environ['SILAH_PORT']), timeout=3); \
        service.request('GET', '/health/live'); \
        sys.exit(service.getresponse().status != 200)"]

ENTRYPOINT ["silah"]
# artifacts, address and port come from the SILAH_ variables above: `-e SILAH_PORT=…` moves the check along
CMD ["serve"]

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="silah" \
    org.opencontainers.image.description="Related news for Arabic newsrooms: a training job and a service." \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION" \
    org.opencontainers.image.base.name="debian:12-slim"
