"""Who works here and whom they serve: stores, teams, agents, buyers and the ways a buyer is known."""

import hashlib
import secrets
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from helpdesk.lib.scopes import granted
from people import abilities

LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class Store(models.Model):
    """An online shop that we serve."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.SlugField(_("key"), max_length=40, unique=True)  # public: stands in the embed snippet
    name = models.CharField(_("name"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=40, default="UTC")
    country = models.CharField(_("country"), max_length=2, default="US")
    color = models.CharField(_("accent colour"), max_length=7, default="#2f6fed")
    greeting = models.CharField(_("greeting"), max_length=200, blank=True)
    # Signs the buyer's identity token (HS256), so it must be readable; never shown after it was set.
    identity_secret = models.CharField(max_length=80, default=new_secret)
    # Full origins (scheme://host[:port]) that may embed the widget; empty: any.
    origins = models.JSONField(_("allowed origins"), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """A group of agents and the stores whose conversations they see."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    stores = models.ManyToManyField(Store, related_name="teams", verbose_name=_("stores"))

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class AgentManager(BaseUserManager["Agent"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Agent":
        agent = self.model(email=self.normalize_email(email).lower(), **fields)
        agent.set_password(password)
        agent.save()
        return agent

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Agent":
        return self.create_user(email, password, role=Agent.Role.ADMIN, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Agent":
        return self.get(email__iexact=username)


class Agent(AbstractBaseUser, PermissionsMixin):
    """Someone who answers buyers; the account one logs in with."""

    class Role(models.TextChoices):
        AGENT = "agent", _("Agent")
        SUPERVISOR = "supervisor", _("Supervisor")
        ADMIN = "admin", _("Admin")

    class Presence(models.TextChoices):
        ONLINE = "online", _("Online")
        BUSY = "busy", _("Busy")
        AWAY = "away", _("Away")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.AGENT)
    teams = models.ManyToManyField(Team, related_name="agents", blank=True, verbose_name=_("teams"))
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=40, default="UTC")
    is_active = models.BooleanField(_("active"), default=True)
    # What the agent chose; whether they are there at all is the lease.
    presence = models.CharField(max_length=6, choices=Presence, default=Presence.ONLINE)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when an agent who was there is not: gone, or away by their own word. Null: there, or never came.
    gone_since = models.DateTimeField(null=True, blank=True, editable=False)
    # Open conversations that they are given at most; null: as their teams or the store say.
    capacity = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]
    objects = AgentManager()

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        return self.role == self.Role.ADMIN

    def may(self, ability: str) -> bool:
        """Tell whether their role has an ability (people/abilities.py). Raises KeyError for what is none."""
        return self.is_active and abilities.has(self.role, ability)

    @property
    def abilities(self) -> frozenset[str]:
        """All that they may: for templates and scripts."""
        return abilities.of_role(self.role) if self.is_active else frozenset()

    def presence_now(self) -> str:
        """Return `online`, `busy`, `away`, or `offline` where no socket of theirs renewed the lease in time."""
        if self.lease_until is None or self.lease_until < timezone.now():
            return "offline"
        return self.presence


class ApiKey(models.Model):
    """What a program shows instead of logging in: it acts as its agent, within its scopes. Shown once; we keep only
    the digest, and so many characters that its owner knows it again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix} of {self.agent_id}"

    @property
    def granted(self) -> frozenset[str]:
        """All scopes that its own come to."""
        return granted(self.scopes)

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class BuyerTag(models.Model):
    """A word that agents put on buyers: VIP, wholesale, returns a lot."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=40, unique=True)
    color = models.CharField(_("colour"), max_length=10, default="slate")

    class Meta:
        verbose_name = _("buyer tag")
        verbose_name_plural = _("buyer tags")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Buyer(models.Model):
    """A person who buys at one store. Known by identities; a name or address alone proves nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="buyers")
    # The buyer's id at the store (claim `sub` of a signed identity); null for a visitor nobody vouched for.
    # (Null, not empty: the constraint below counts empty ones as the same buyer.)
    external_id = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001
    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    note = models.TextField(_("note"), blank=True)
    tags: "models.ManyToManyField[BuyerTag, models.Model]" = models.ManyToManyField(
        BuyerTag, related_name="buyers", blank=True
    )
    # How it is to talk with them, as agents found: 1 (hard) to 5 (a pleasure).
    mood = models.PositiveSmallIntegerField(_("friendliness"), null=True, blank=True)
    # Until then nothing they write is taken. The newest BuyerBlock says why.
    blocked_until = models.DateTimeField(null=True, blank=True)
    # Set: this row was found to be the same person as that one, who has all that was theirs (BuyerMerge).
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_rows"
    )
    # Set: who this was is gone for good (team/erasing.py); orders and amounts hang on what is left of the row.
    erased_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("buyer")
        verbose_name_plural = _("buyers")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "external_id"], name="buyer_once_per_store"),
        ]
        indexes: ClassVar = [
            # Who else might be the same person.
            models.Index(
                models.F("store"), Lower("email"), name="buyer_by_email", condition=~models.Q(email="")
            ),
            models.Index(fields=["store", "phone"], name="buyer_by_phone", condition=~models.Q(phone="")),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        if self.erased_at is not None:
            return str(_("Erased buyer"))
        return self.name or self.email or self.phone or str(_("Visitor")) + f" {self.id.hex[-4:].upper()}"

    @property
    def is_verified(self) -> bool:
        """True where the store itself vouched for who this is."""
        return self.external_id is not None

    def is_blocked(self) -> bool:
        """Nothing is taken from them here; whoever was erased and writes again is somebody new."""
        if self.erased_at is not None:
            return True
        return self.blocked_until is not None and self.blocked_until > timezone.now()


class BuyerBlock(models.Model):
    """That a buyer was kept from writing: who did it, why, and until when."""

    id = models.BigAutoField(primary_key=True)
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="blocks")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    until = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.buyer_id} until {self.until}"


class ErasedId(models.Model):
    """That the buyer with some id at a store was erased: by a digest, so that the store can tell us of them again and
    we know whom not to write down, and nobody can read here who it was."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "digest"], name="erased_id_once")]

    def __str__(self) -> str:
        return f"{self.digest[:8]} {self.at}"


class BuyerMerge(models.Model):
    """That two rows were found to be one person. `moved` says what went along, so that it can be split again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kept = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="merges")
    merged = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="+")
    # Null: done by itself, where both were proven to be the same.
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(
        max_length=200, blank=True
    )  # why it was done by itself: the address that both have
    moved = models.JSONField(default=dict)  # {"conversations": [ids], "identities": [ids], ...}
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"


class NotSame(models.Model):
    """That an agent said of two buyers, who have something in common, that they are two people."""

    id = models.BigAutoField(primary_key=True)
    # The lesser id first, so that a pair is one row.
    one = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["one", "other"], name="told_apart_once"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} is not {self.other_id}"


class BuyerIdentity(models.Model):
    """One way in which a buyer is known on a kind of channel: an address, a number, a provider's id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="identities")
    # Of address: email, phone, telegram ...; "store": the id there; "store_email", "store_phone": what the store has
    # proven to be theirs.
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=200)
    verified = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "kind", "value"], name="identity_names_one_buyer"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class VisitorSession(models.Model):
    """A browser that opened the widget. Its token is shown once; we keep only the digest."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    token_digest = models.CharField(max_length=64, unique=True)
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="sessions")
    # Until when a signed identity vouches for this browser; past it, history and orders are hidden again.
    verified_until = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=10, blank=True)
    page = models.JSONField(default=dict, blank=True)  # what the shop said of the page: url, title, product
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.buyer_id} since {self.created_at}"

    @staticmethod
    def digest(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @property
    def is_verified(self) -> bool:
        return self.verified_until is not None and self.verified_until > timezone.now()


from people.notice_models import Notice, NoticePreferences  # noqa: E402, F401 — where Django looks for models
