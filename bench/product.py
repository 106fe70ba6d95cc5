"""The product as a candidate, and the rows it needs: the only module here that knows its models.

`python -m bench.product` (with the product's environment) makes the people of a measured desk and
prints how to log in as them.
"""

import json
import secrets
import sys
from typing import Any

import psycopg2

from bench import machine
from bench.targets import BODY, Target, client_id
from bench.wire import Socket, connect

HOST = "desk.example"
ORIGIN = f"https://{HOST}"
AGENTS = 1020
VISITORS = 21


def environment(database_url: str, redis_url: str) -> dict[str, str]:
    """A production environment behind a proxy that ends TLS; the client speaks as that proxy."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CELERY_BROKER_URL": redis_url,
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "PUBLIC_URL": ORIGIN,
        "PROXY_COUNT": "1",
        "DEBUG": "0",
        "HELPDESK_DEMO": "0",
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        "LOG_LEVEL": "WARNING",
        # One agent asks for thousands of pages here; the limit is for scripts that got out of hand.
        "API_REQUESTS_PER_MINUTE": "1000000",
    }


def headers(cookie: str = "") -> dict[str, str]:
    """What the proxy passes on."""
    given = {"Origin": ORIGIN, "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"}
    return given | ({"Cookie": cookie} if cookie else {})


class Product(Target):
    name = "product"
    application = "bench.hurried:application"
    ack = b'"ack"'
    delivery = b'"message.created"'

    def __init__(self, database_url: str, redis_url: str) -> None:
        super().__init__(database_url, redis_url)
        self._env = environment(database_url, redis_url)
        self.people: dict[str, Any] = {}
        self.conversations: dict[int, str] = {}

    @property
    def env(self) -> dict[str, str]:
        return self._env

    def prepare(self) -> None:
        machine.manage("manage.py", "migrate", "--verbosity", "0", env=self.env)
        self.people = json.loads(machine.manage("-m", "bench.product", env=self.env))

    def collect_static(self, folder: str) -> None:
        """Pages name their styles and modules by digests that this computes."""
        self._env["STATIC_ROOT"] = folder
        machine.manage("manage.py", "collectstatic", "--noinput", env=self.env)

    def cookie(self, agent: int) -> str:
        return f"sessionid={self.people['sessions'][agent]}"

    def message(self, room: int, number: int) -> bytes:
        frame = {"type": "message.send", "client_id": client_id(number), "body": BODY}
        return json.dumps(frame).encode()

    async def buyer(self, port: int, room: int) -> Socket:
        socket = await connect(port, "/ws/widget/", headers())
        hello = {"type": "hello", "token": self.people["visitors"][room]}
        socket.send(json.dumps(hello).encode())
        await socket.expect(b'"welcome"')
        # The first message opens the conversation.
        socket.send(json.dumps({"type": "message.send", "client_id": "first", "body": BODY}).encode())
        ack = json.loads(await socket.expect(self.ack))
        self.conversations[room] = ack["conversation"]
        return socket

    async def agent(self, port: int, room: int, number: int) -> Socket:
        socket = await self.idle(port, number)
        frame = {"type": "subscribe", "conversation": self.conversations[room], "after": 0}
        socket.send(json.dumps(frame).encode())
        await socket.expect(self.delivery)
        return socket

    async def idle(self, port: int, number: int) -> Socket:
        socket = await connect(port, "/ws/console/", headers(self.cookie(number)))
        socket.send(b'{"type":"hello"}')
        await socket.expect(b'"welcome"')
        return socket


# Rows for the inbox. Shares are the same whatever the number, so that every page is full at every size.


def pages(product: Product) -> dict[str, str]:
    """The lists of the inbox by what to call them: every view, and every filter with and without one."""
    people = product.people
    rare, some, many = people["tags"]
    views = ("mine", "unassigned", "all", "waiting", "mentions", "snoozed", "resolved")
    filters = {
        "no filter": "",
        "status": "status=open",
        "assignee": f"assignee={people['agents'][1]}",
        "team": f"team={people['teams'][0]}",
        "channel": "channel=email",
        "rare tag": f"tag={rare}",
        "frequent tag": f"tag={many}",
        "store": "store=other",
        "buyer": f"buyer={people['buyer']}",
        "waiting": "waiting=true",
        "priority": "priority=1",
        "status and assignee": f"status=open&assignee={people['agents'][1]}",
        "status and team": f"status=open&team={people['teams'][0]}",
        "status and tag": f"status=open&tag={some}",
        "all four": f"status=open&store=bench&team={people['teams'][0]}&tag={many}",
    }
    lists = {f"view {view}": f"view={view}" for view in views} | filters
    found = {name: f"/api/v1/conversations/?{query}" for name, query in lists.items()}
    return found | {"counts of views": "/api/v1/conversations/counts/", "page /inbox/": "/inbox/"}


def rows_shown(answer: bytes) -> int:
    """How many conversations an answer lists; 0 for what is no list."""
    return len(json.loads(answer).get("results", ())) if answer.startswith(b"{") else 0


FILL = """
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';
-- Foreign keys are right by construction; checking each of them is most of the time otherwise.
SET session_replication_role = replica;
SELECT setseed(0.42);

-- Ordered like the product's own ids, and different for buyers, conversations and messages.
CREATE FUNCTION pg_temp.public_id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1600000000000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
            || '8' || substr(md5(n::text), 1, 15))::uuid
$$;

CREATE TEMP TABLE chosen AS
SELECT n,
       random() AS at_status, random() AS at_store, random() AS at_team, random() AS at_agent,
       random() AS at_tag, random() AS at_note, random() AS at_priority, random() AS at_waiting,
       now() - random() * interval '365 days' AS last_at
FROM generate_series(1, %(rows)s) n;

INSERT INTO people_buyer (id, store_id, external_id, name, email, created_at)
SELECT pg_temp.public_id(1, n), CASE WHEN at_store < 0.7 THEN %(store_id)s ELSE %(other_store)s END::uuid,
       'b' || n, 'Buyer ' || n, 'buyer' || n || '@example.com', last_at
FROM chosen;

INSERT INTO inbox_conversation (id, store_id, buyer_id, channel_id, status, priority, assignee_id, team_id,
    preview, last_seq, last_at, inbound_count, waiting_since, snoozed_until, resolved_at, created_at)
SELECT pg_temp.public_id(2, n),
       CASE WHEN at_store < 0.7 THEN %(store_id)s ELSE %(other_store)s END::uuid,
       pg_temp.public_id(1, CASE WHEN at_status >= 0.25 AND n <= 100 THEN 1 ELSE n END),
       CASE WHEN at_store < 0.5 THEN %(channel)s WHEN at_store < 0.7 THEN %(second_channel)s
            ELSE %(other_channel)s END::uuid,
       CASE WHEN at_status < 0.2 THEN 'open' WHEN at_status < 0.25 THEN 'snoozed' ELSE 'resolved' END,
       CASE WHEN at_priority < 0.1 THEN 1 ELSE 0 END,
       CASE WHEN at_agent < 0.6 THEN (%(agents)s::uuid[])[1 + floor(at_agent / 0.06)] END,
       CASE WHEN at_team < 0.6 THEN (%(teams)s::uuid[])[1 + floor(at_team / 0.2)] END,
       'Hello, where is my order ' || (100000 + n) || '?', 1, last_at, 1,
       CASE WHEN at_status < 0.2 AND at_waiting < 0.5 THEN last_at END,
       CASE WHEN at_status >= 0.2 AND at_status < 0.25 THEN now() + interval '1 day' END,
       CASE WHEN at_status >= 0.25 THEN last_at END, last_at - interval '1 hour'
FROM chosen;

INSERT INTO inbox_message (id, conversation_id, seq, client_id, author_kind, author_id, author_name,
    channel_kind, body, indexed, created_at)
SELECT pg_temp.public_id(3, n), pg_temp.public_id(2, n), 1, 'first', 'buyer', pg_temp.public_id(1, n),
       'Buyer ' || n, 'widget', 'Hello, where is my order ' || (100000 + n) || '?', true, last_at
FROM chosen;

INSERT INTO inbox_conversation_tags (conversation_id, tag_id, status, last_at)
SELECT pg_temp.public_id(2, n),
       (%(tags)s::uuid[])[CASE WHEN at_tag < 0.04 THEN 1 WHEN at_tag < 0.1 THEN 2 ELSE 3 END],
       CASE WHEN at_status < 0.2 THEN 'open' WHEN at_status < 0.25 THEN 'snoozed' ELSE 'resolved' END, last_at
FROM chosen WHERE at_tag < 0.3;

INSERT INTO inbox_mention (agent_id, message_id, conversation_id, at)
SELECT (%(agents)s::uuid[])[1], pg_temp.public_id(3, n), pg_temp.public_id(2, n), last_at
FROM chosen WHERE at_note < 0.02;

INSERT INTO inbox_readmark (agent_id, conversation_id, seq, inbound_seen)
SELECT (%(agents)s::uuid[])[1], pg_temp.public_id(2, n), 1, 1
FROM chosen WHERE at_note < 0.05;
"""


INDEXES = """
SELECT format('DROP INDEX %I', indexname), indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename LIKE ANY (ARRAY['inbox\\_%', 'people\\_buyer'])
  AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


def fill(product: Product, rows: int) -> None:
    connection = psycopg2.connect(product.database_url)
    try:
        with connection, connection.cursor() as cursor:
            # Indexes are built once at the end, which is several times faster than row by row.
            cursor.execute(INDEXES)
            indexes = cursor.fetchall()
            for drop, _ in indexes:
                cursor.execute(drop)
            cursor.execute(FILL, product.people | {"rows": rows})
            for _, create in indexes:
                cursor.execute(create)
        connection.autocommit = True
        connection.cursor().execute("VACUUM (ANALYZE)")
    finally:
        connection.close()


def move_defaults_into_database(model: Any) -> None:
    """So that `FILL` names only what differs from row to row."""
    from django.db import connection
    from django.db.models import NOT_PROVIDED

    with connection.cursor() as cursor:
        for field in model._meta.concrete_fields:
            given = field.default is not NOT_PROVIDED and not callable(field.default)
            if given or (field.empty_strings_allowed and not field.null):
                value = field.get_db_prep_save(field.get_default(), connection)
                table = model._meta.db_table
                cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {field.column} SET DEFAULT %s", [value])


def make_people() -> dict[str, Any]:
    """Run inside the product's environment: stores, teams, tags, and agents with their log-ins."""
    import django

    django.setup()

    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.hashers import make_password
    from django.contrib.sessions.backends.db import SessionStore

    from inbox.models import Channel, Conversation, Message, Tag
    from inbox.services import start_session
    from people.models import Agent, Buyer, Store, Team

    for model in (Buyer, Conversation, Message):
        move_defaults_into_database(model)
    store, other = (
        Store.objects.create(key=key, name=f"Bench {key}", language="en") for key in ("bench", "other")
    )
    channels = [
        Channel.objects.create(store=store, kind="widget", name="Widget"),
        Channel.objects.create(store=store, kind="email", name="E-mail"),
        Channel.objects.create(store=other, kind="widget", name="Widget"),
    ]
    tags = [Tag.objects.create(name=name) for name in ("rare", "some", "many")]
    teams = [Team.objects.create(name=name) for name in ("First", "Second", "Third")]
    for team in teams:
        team.stores.set([store, other])
    agents = [
        Agent(email=f"agent{n}@bench.example", name=f"Agent {n}", password=make_password(None))
        for n in range(AGENTS)
    ]
    Agent.objects.bulk_create(agents)
    Agent.teams.through.objects.bulk_create(
        Agent.teams.through(agent=agent, team=teams[n % 3]) for n, agent in enumerate(agents)
    )
    sessions = []
    for agent in agents:
        session = SessionStore()
        session[SESSION_KEY] = str(agent.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = agent.get_session_auth_hash()
        session.create()
        sessions.append(session.session_key)
    return {
        "visitors": [start_session(store=store)[0] for _ in range(VISITORS)],
        "store_id": str(store.pk),
        "other_store": str(other.pk),
        "channel": str(channels[0].pk),
        "second_channel": str(channels[1].pk),
        "other_channel": str(channels[2].pk),
        "teams": [str(team.pk) for team in teams],
        "tags": [str(tag.pk) for tag in tags],
        "agents": [str(agent.pk) for agent in agents[:10]],
        # The one whom `FILL` gives the id 1 and a long history.
        "buyer": "0174876e-8001-7001-8c4c-a4238a0b9238",
        "sessions": sessions,
    }


if __name__ == "__main__":
    json.dump(make_people(), sys.stdout)
