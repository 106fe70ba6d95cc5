# The four commands. Each starts from a bare clone and needs nothing but python3.11 or newer.

.PHONY: demo test check bench
.DEFAULT_GOAL := demo

PORT ?= 8000
PYTEST_ARGS ?=
BENCH_ARGS ?=

# The first Python that is new enough; where there is none, tools/bootstrap.py says so.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && exit; \
	done; echo python3)
RUN := .venv/bin/python

# The demo, the tests and the checks use the embedded defaults: what the shell has set for some real
# installation must not reach them.
SET_OUTSIDE := ALLOWED_HOSTS CELERY_BROKER_URL CSRF_TRUSTED_ORIGINS DATABASE_URL DEBUG EMAIL_BACKEND \
	HELPDESK_DEMO HSTS_SECONDS LOG_LEVEL MEDIA_ROOT METRICS_TOKEN PROXY_COUNT PUBLIC_URL REDIS_URL SECRET_KEY \
	SECRET_KEY_FALLBACKS SECURE_SSL_REDIRECT SENTRY_DSN SOCKET_ORIGINS STATIC_ROOT
EMBEDDED := env -u DJANGO_SETTINGS_MODULE $(foreach name,$(SET_OUTSIDE),-u $(name) -u $(name)_FILE)
DEMO := $(EMBEDDED) HELPDESK_DEMO=1 PUBLIC_URL=http://127.0.0.1:$(PORT) $(RUN) manage.py
SAMPLE_PRODUCTION := $(EMBEDDED) \
	SECRET_KEY="$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	DATABASE_URL=postgres://desk:sample@db.example/desk \
	REDIS_URL=redis://redis.example:6379/0 \
	CELERY_BROKER_URL=redis://redis.example:6379/1 \
	ALLOWED_HOSTS=desk.example PUBLIC_URL=https://desk.example PROXY_COUNT=1

demo:
	@$(PYTHON) tools/bootstrap.py --port '$(PORT)'
	@$(DEMO) migrate --verbosity 0
	@$(DEMO) demo_data --if-empty
	@$(DEMO) demo --port $(PORT)

test:
	@$(PYTHON) tools/bootstrap.py --dev
	@$(EMBEDDED) $(RUN) -m pytest -n auto $(PYTEST_ARGS)

check:
	@$(PYTHON) tools/bootstrap.py --dev
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	@echo mypy
	@$(EMBEDDED) $(RUN) -m mypy
	.venv/bin/lint-imports
	@echo 'manage.py makemigrations --check'
	@$(EMBEDDED) $(RUN) manage.py makemigrations --check --dry-run
	$(RUN) tools/check_translations.py
	@echo 'manage.py check --deploy, in a sample production environment'
	@$(SAMPLE_PRODUCTION) $(RUN) manage.py check --deploy --fail-level WARNING

bench:
	@$(PYTHON) tools/bootstrap.py --dev
	$(RUN) -m bench $(BENCH_ARGS)
