"""Settings, all by environment. Nothing set = embedded defaults: SQLite, in-process layer and jobs.

`NAME_FILE` reads `NAME` from a file (secrets). What production lacks or has unsafe is refused by
helpdesk/checks.py with one sentence each.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent

for _name in [name for name in os.environ if name.endswith("_FILE") and name[:-5].isupper()]:
    if _name[:-5] in {
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "CELERY_BROKER_URL",
        "CREDENTIALS_KEYS",
        "SENTRY_DSN",
    }:
        os.environ.setdefault(_name[:-5], Path(os.environ[_name]).read_text().strip())

env = environ.Env()

DEMO = env.bool("HELPDESK_DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)  # not implied by DEMO: its guests see the desk's own error pages
REDIS_URL = env.str("REDIS_URL", default="")
DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'helpdesk.sqlite3'}")
# One process serves everything: what runs without Redis. Decided once, here.
EMBEDDED = not REDIS_URL
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")
UNSAFE_SECRET_KEY = "unsafe-for-development-only"
SECRET_KEY = env.str("SECRET_KEY", default=UNSAFE_SECRET_KEY)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Fernet keys that seal the credentials of shops and channels, newest first; without any, one made of SECRET_KEY.
CREDENTIALS_KEYS = env.list("CREDENTIALS_KEYS", default=[])
# Whether connectors may call addresses of private networks, for shops that stand beside the desk (as a demo's do).
OUTGOING_TO_PRIVATE = env.bool("OUTGOING_TO_PRIVATE", default=DEMO)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
# Full origins that may open a socket; AllowedHosts would accept another port or scheme.
SOCKET_ORIGINS = env.list("SOCKET_ORIGINS", default=[PUBLIC_URL])
PROXY_COUNT = env.int("PROXY_COUNT", default=0)  # proxies of our own in front: whose X-Forwarded-* we believe
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])

INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "helpdesk",
    "people",
    "events",
    "inbox",
    "orders",
    "knowledge",
    "team",
]

MIDDLEWARE = [
    "helpdesk.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.middleware.AgentPreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "people.middleware.SessionActivityMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "helpdesk.urls"
ASGI_APPLICATION = "helpdesk.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "helpdesk.context.site",
            ],
            "builtins": ["django.templatetags.i18n", "helpdesk.templatetags.desk"],
        },
    }
]

# -- Data

DATABASES: dict[str, Any] = {"default": env.db_url_config(DATABASE_URL)}
_database = DATABASES["default"]
_database["CONN_HEALTH_CHECKS"] = False
if _database["ENGINE"].endswith("sqlite3"):
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    # Threads of one process share a file, not a connection: each keeps its own.
    _database["CONN_MAX_AGE"] = None
else:
    # The driver the project promises is psycopg2; connections are kept, which is most of the speed there is.
    _database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=300)
    _database["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            # redis-py >= 8 gives every idle connection five seconds unless told otherwise.
            # Pub/sub knows no database numbers, so the prefix says which desk of a shared Redis this is.
            "CONFIG": {
                "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
                "prefix": f"helpdesk.{urlsplit(REDIS_URL).path.strip('/') or 0}",
            },
        }
    }
    CACHES: dict[str, Any] = {
        "default": {
            "BACKEND": "helpdesk.lib.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
    }
else:
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))
MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", default=10 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# -- Jobs

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "memory://localhost/")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"polling_interval": 0.02}
    if CELERY_BROKER_URL.startswith("memory:")
    # Whoever clicked does not wait for a broker that is away: the sweep finds what they asked for.
    else {
        "visibility_timeout": 300,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
    }
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_ALWAYS_EAGER = False
CELERY_BEAT_SCHEDULE = {
    "index-messages": {"task": "inbox.tasks.index_messages", "schedule": 2.0},
    "tell-due-replies": {"task": "inbox.tasks.tell_due_replies", "schedule": 5.0},
    "wake-snoozed": {"task": "inbox.tasks.wake_snoozed", "schedule": 15.0},
    "send-due-deliveries": {"task": "inbox.tasks.send_due_deliveries", "schedule": 2.0},
    "fail-over": {"task": "inbox.tasks.fail_over", "schedule": 10.0},
    "ask-for-ratings": {"task": "inbox.tasks.ask_for_ratings", "schedule": 15.0},
    "read-new-payloads": {"task": "inbox.tasks.read_new_payloads", "schedule": 10.0},
    "fetch-mail": {"task": "inbox.tasks.fetch_mail", "schedule": 5.0},
    "discard-old-payloads": {"task": "inbox.tasks.discard_old_payloads", "schedule": 86_400.0},
    "route-conversations": {"task": "inbox.tasks.route_conversations", "schedule": 5.0},
    "tell-stores-of-reviews": {"task": "orders.reviews.tasks.tell_stores", "schedule": 5.0},
    "run-due-actions": {"task": "orders.tasks.run_due_actions", "schedule": 2.0},
    "take-in-hooks": {"task": "orders.tasks.take_in_new_hooks", "schedule": 10.0},
    "catch-up-with-stores": {"task": "orders.tasks.catch_up_with_stores", "schedule": 300.0},
    "run-due-coupon-codes": {"task": "orders.coupons.tasks.run_due_codes", "schedule": 2.0},
    "expire-coupon-codes": {"task": "orders.coupons.tasks.expire_codes", "schedule": 60.0},
    "release-checked-parcels": {"task": "orders.tasks.release_checked_parcels", "schedule": 15.0},
    "discard-old-hooks": {"task": "orders.tasks.discard_old_hooks", "schedule": 86_400.0},
    "settle-suggestions": {"task": "knowledge.tasks.settle_suggestions", "schedule": 60.0},
    "tell-wallboards": {"task": "team.performance.tasks.tell_wall", "schedule": 3.0},
    "count-performance": {"task": "team.performance.tasks.count_performance", "schedule": 10.0},
    "remind-of-tasks": {"task": "team.todo.tasks.remind", "schedule": 10.0},
    "look-at-ratings": {"task": "team.todo.tasks.sweep_ratings", "schedule": 30.0},
    "publish-announcements": {"task": "team.announcing.tasks.publish_due", "schedule": 5.0},
    "sweep-personal-data": {"task": "team.tasks.sweep_personal_data", "schedule": 30.0},
    "discard-old-notices": {"task": "people.tasks.discard_old_notices", "schedule": 86_400.0},
    "discard-old-bulk-actions": {"task": "inbox.tasks.discard_old_bulk_actions", "schedule": 86_400.0},
    "discard-unclaimed-files": {"task": "inbox.tasks.discard_unclaimed_files", "schedule": 3600.0},
}

# -- Registries: one dotted path each. Adding a kind is one file and one line here.

TRANSPORTS = [
    "inbox.transports.widget.WidgetTransport",
    "inbox.transports.email.Email",
    "inbox.transports.twilio_sms.TwilioSms",
    "inbox.transports.whatsapp.WhatsApp",
    "inbox.transports.telegram.Telegram",
    "inbox.transports.wechat.WeChat",
    "inbox.transports.signed_http.SignedHttp",
]
CARDS = [
    "orders.cards.OrderCard",
    "orders.cards.check_order.CheckOrderCard",
    "orders.cards.check_address.CheckAddressCard",
    "orders.cards.payment.PaymentCard",
    "orders.cards.tracking.TrackingCard",
    "orders.cards.product.ProductCard",
    "orders.coupons.cards.CouponCard",
    "knowledge.cards.ArticleCard",
    "inbox.rating_card.RatingCard",
]
# What a page may ask over its socket (inbox/asking.py).
CONSOLE_ASKS = [
    "knowledge.asking.SearchArticles",
    "knowledge.asking.ArticleText",
    "knowledge.asking.Suggestions",
    "knowledge.asking.KnownProducts",
    "team.wall.Wall",
    "team.announcing.asking.Unread",
    "team.todo.asking.TasksDue",
]
# What a buyer's message suggests to say (inbox/suggesting.py), and which products a conversation is about.
SUGGESTERS = [
    "orders.suggesting.OrderFacts",
    "inbox.suggesting.CannedReplies",
    "knowledge.suggesting.Articles",
]
KNOWLEDGE_CONTEXT = ["orders.knowing.products_in"]
ORDER_PARTS = ["team.todo.parts.OrderTasks"]  # what other rooms show at an order (orders/parts.py)
WIDGET_PARTS = ["knowledge.widget_api.panel_part"]  # what the widget's panel is told beside the chat
# What else names conversations, and goes along where two become one (inbox/services/joining.py).
CONVERSATION_HOLDERS = ["orders.holding.OrdersOfConversations", "team.todo.holding.TasksOfConversations"]
BUYER_HOLDERS = ["orders.holding.OrdersOfBuyers"]
# What each room holds of a buyer, for who asks for it or wants it gone (people/personal.py). Who somebody is goes last.
PERSONAL_DATA = [
    "orders.holding.OrdersHeld",
    "inbox.holding.InboxOfBuyers",
    "knowledge.holding.KnowledgeOfBuyers",
    "team.holding.TeamOfBuyers",
    "helpdesk.demo.holding.PhoneOfBuyers",
    "people.holding.PeopleOfBuyers",
]
# How long an erasure can be taken back, unless told.
ERASURE_HOLD_HOURS = env.int("ERASURE_HOLD_HOURS", default=24)
# How long a file of somebody's data can be downloaded.
EXPORT_KEPT_HOURS = env.int("EXPORT_KEPT_HOURS", default=72)
# For so long an order comes of advice.
PERFORMANCE_ADVISED_DAYS = env.int("PERFORMANCE_ADVISED_DAYS", default=3)
CANNED_VARIABLES = ["inbox.canned.InboxVariables", "orders.canned.OrderVariables"]
ORDER_ACTIONS = [
    "orders.actions.change_shipping_fee.ChangeShippingFee",
    "orders.actions.discount.Discount",
    "orders.actions.change_carrier.ChangeCarrier",
    "orders.actions.change_address.ChangeAddress",
    "orders.actions.edit_lines.EditLines",
    "orders.actions.hold_parcel.HoldParcel",
    "orders.actions.refund.Refund",
    "orders.actions.resend.Resend",
    "orders.actions.exchange.Exchange",
    "orders.actions.cancel.Cancel",
]
EVENT_WORDS = [
    "inbox.event_words.WORDS",
    "orders.event_words.WORDS",
    "knowledge.event_words.WORDS",
    "people.event_words.WORDS",
    "team.event_words.WORDS",
]
# What agents are told of, in words (people/notices.py).
NOTICE_WORDS = [
    "people.notice_words.WORDS",
    "inbox.notice_words.WORDS",
    "orders.notice_words.WORDS",
    "team.notice_words.WORDS",
    "team.announcing.notice_words.WORDS",
]
# What a role may do: who asks says so in its room (people/abilities.py).
ABILITIES = [
    "inbox.abilities.ABILITIES",
    "orders.abilities.ABILITIES",
    "knowledge.abilities.ABILITIES",
    "team.abilities.ROOM",
    "people.ability_words.RECORD",
    "team.abilities.RECORD",
    "people.ability_words.DESK",
]
# What else a role comes with, on the page about roles (people/roles.py).
ROLE_PARTS = ["orders.limit_setting.role_parts"]
APPROVAL_SOURCES = ["orders.approvals.WaitingActions", "orders.coupons.approvals.WaitingCodes"]
STORE_CONNECTORS = [
    "orders.stores.demo.DemoStore",
    "orders.stores.woocommerce.WooCommerceStore",
    "orders.stores.push.PushStore",
    "orders.stores.shopify.ShopifyStore",
    "orders.stores.oscar.OscarStore",
]

# Rung with a conversation's id when its buyer has rated it; a job's name, or none.
RATED_JOB = "team.todo.tasks.look_at_rating"
REVIEW_LOW_RATING = 2  # of 5: so few stars open the buyer's conversation
ORDER_HOLD_SECONDS = env.int("ORDER_HOLD_SECONDS", default=30)
# How far a role may go without a second person, where a store has set no limit of its own (orders/limits.py): by
# role and kind of action, "*" for every other kind. `per_order` and `per_day` are in minor units of the order's
# currency, `share` in percent of the order; what is not named has no limit.
ORDER_LIMITS: dict[str, dict[str, dict[str, int]]] = {
    "agent": {
        "change_shipping_fee": {"per_order": 2_000, "per_day": 30_000},
        # The codes of one buyer, and of one agent in a day (orders/coupons/limits.py).
        "coupon": {"per_order": 3_000, "per_day": 40_000},
        # All that was paid goes back, and the goods stay: no share of the order.
        "cancel": {"per_order": 20_000, "per_day": 100_000},
        "edit_lines": {"per_order": 20_000, "per_day": 100_000},
        "*": {"per_order": 10_000, "share": 50, "per_day": 60_000},
    },
    "supervisor": {
        "change_shipping_fee": {"per_order": 10_000},
        "coupon": {"per_order": 10_000, "per_day": 200_000},
        "*": {"per_order": 100_000, "per_day": 500_000},
    },
    "admin": {},
}
# How far to give way when a buyer bargains, in percent of the items, step by step; a store may have its own.
ORDER_LADDER = [3, 5, 8, 12]

# -- People

AUTH_USER_MODEL = "people.Agent"
PRESENCE_JOB = "inbox.tasks.route_conversations"  # when somebody is there, or chose to be or not to be
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/inbox/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "people.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # whoever asks for a reset, strangers get no mail
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
# Wrong passwords are counted by axes (people.adapter), so `login_failed` is what guards second factors.
# An office shares one address, hence the wide `login`.
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key", "login": "120/m/ip"}
USERSESSIONS_ADAPTER = "people.adapter.UserSessionsAdapter"
USERSESSIONS_TRACK_ACTIVITY = False  # people.middleware does it, and not for every request
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Helpdesk"
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=8)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # who came and went is recorded as events
AXES_CLIENT_IP_CALLABLE = "helpdesk.lib.addresses.client_ip"
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="helpdesk@localhost")

# -- Languages and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# -- Files

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
WHITENOISE_USE_FINDERS = DEBUG or EMBEDDED
WHITENOISE_AUTOREFRESH = DEBUG or DEMO
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "helpdesk.lib.static.StaticFiles"
    },
}

# -- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "helpdesk.lib.openapi.Schema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": PROXY_COUNT,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "helpdesk.lib.api.ErrorHandler",
    "EXCEPTION_FORMATTER_CLASS": "helpdesk.lib.api.ErrorFormatter",
}
PUSH_REQUESTS_PER_MINUTE = env.int("PUSH_REQUESTS_PER_MINUTE", default=600)  # of one shop
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=1_200)  # of one agent
# By whom a request of /api/v1/ may come. A key goes first: with one, no cookie is looked at.
API_AUTHENTICATION = ["people.keys_api.KeyAuthentication", "helpdesk.lib.api.SessionAuthentication"]
# Keys that there are not, of one address.
KEY_GUESSES_PER_MINUTE = env.int("KEY_GUESSES_PER_MINUTE", default=20)
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Helpdesk API",
    "VERSION": "1",
    "DESCRIPTION": "Conversations, buyers and orders. Times are ISO 8601 UTC; money is minor units and a currency.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/(?:widget/)?v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "helpdesk.lib.openapi_examples.complete",
    ],
    # What is called the same and is not: a conversation's status and an order's, a message's kind and its author's.
    "ENUM_NAME_OVERRIDES": {
        "ConversationStatusEnum": ["open", "snoozed", "resolved"],
        "OrderStatusEnum": ["unpaid", "paid", "shipped", "delivered", "completed", "cancelled"],
        "MessageKindEnum": ["text", "card", "file", "system"],
        "ChannelStateEnum": ["works", "trouble", "paused", "off"],
        "ConsentStateEnum": ["all", "answers", "none"],
        "TaskStatusEnum": ["open", "done", "cancelled"],
        "AuthorKindEnum": ["buyer", "agent", "bot", "system"],
        "OrderActionStateEnum": [
            "waiting",
            "rejected",
            "held",
            "running",
            "unknown",
            "done",
            "failed",
            "taken_back",
        ],
        "CouponCodeStateEnum": [
            "waiting",
            "creating",
            "active",
            "revoking",
            "redeemed",
            "expired",
            "revoked",
            "rejected",
            "failed",
        ],
    },
}

# -- Safety

SECURE_SSL_REDIRECT = SECURE and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if SECURE else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS: list[str] = []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

LOGGING = logging_config(json=not DEBUG and not EMBEDDED, level=env.str("LOG_LEVEL", default="INFO"))
LOGGING_CONFIG = "logging.config.dictConfig"

if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    import sentry_sdk

    sentry_sdk.init(dsn=SENTRY_DSN, send_default_pii=False)
