# syntax=docker/dockerfile:1
# The product in a container of its own user. Run it by compose.yaml, or alone: it then brings its own PostgreSQL,
# under the volume /data.

FROM python:3.13-slim-bookworm AS front
WORKDIR /srv/techmart
COPY . .
# Node.js comes from a locked wheel; none of it is in the final image.
RUN python scripts/prepare.py app

FROM python:3.13-slim-bookworm
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TECHMART_ENVIRONMENT=production \
    TECHMART_LOG_FORMAT=json \
    TECHMART_HOST=0.0.0.0 \
    TECHMART_PORT=8000 \
    TECHMART_DATA=/data
WORKDIR /srv/techmart
COPY requirements/app.in requirements/app.txt requirements/
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/app.txt
COPY pyproject.toml ./
COPY app app
COPY migrations migrations
COPY frontend frontend
COPY --from=front /srv/techmart/frontend/built frontend/built
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index --editable . \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin techmart \
    && install -d -o techmart -g techmart /data
USER techmart
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["techmart"]
CMD ["serve", "--migrate"]
