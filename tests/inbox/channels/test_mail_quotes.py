"""Of a mail, what its author wrote."""

import pytest

from inbox.transports.mail.quotes import own_words


@pytest.mark.parametrize(
    "mail",
    [
        "Hello there\n\nOn Mon, 3 May 2026 at 10:00, Ann <ann@x.test> wrote:\n> Hi",
        "Hello there\n\nOn Mon, 3 May 2026 at 10:00,\nAnn Long-Name <ann@x.test> wrote:\n\n> Hi\n> there",
        "Hello there\n\n在 2026年5月3日，客服 <ann@x.test> 写道：\n> 你好",
        "Hello there\n\n客服 <ann@x.test> 于2026年5月3日周日 10:00写道：\n> 你好",
        'Hello there\n\n------------------ 原始邮件 ------------------\n发件人: "客服"\n发送时间: 2026年5月3日',
        "Hello there\n\nAm Mo., 3. Mai 2026 um 10:00 Uhr schrieb Ann <ann@x.test>:\n> Hallo",
        "Hello there\n\nLe lun. 3 mai 2026 à 10:00, Ann <ann@x.test> a écrit :\n> Bonjour",
        "Hello there\n\nEl lun, 3 may 2026 a las 10:00, Ann (<ann@x.test>) escribió:\n> Hola",
        "Hello there\n\nma 3. toukok. 2026 klo 10.00 Ann (ann@x.test) kirjoitti:\n> Hei",
        "Hello there\n\n-----Original Message-----\nFrom: Ann\nSent: Monday\nHi",
        "Hello there\n\nFrom: Ann <ann@x.test>\nSent: Monday, May 3, 2026\nTo: Lee\nSubject: Hi\n\nHi",
        "Hello there\n\nVon: Ann <ann@x.test>\nGesendet: Montag\nAn: Lee\n\nHallo",
        "Hello there\n\nLähettäjä: Ann <ann@x.test>\nLähetetty: maanantai\n\nHei",
        "Hello there\n\n________________________________\nFrom: Ann",
        "Hello there\n\n> Hi\n> there\n",
        "Hello there\n\n-- \nLee Buyer\nACME",
        "Hello there\n\nSent from my iPhone",
        "Hello there\n\n发自我的 iPhone",
        "Hello there\n\nVon meinem iPhone gesendet",
        "Hello there\n\nEnvoyé de mon iPhone",
        "Hello there\n\nEnviado desde mi iPhone",
        "Hello there\n\nLähetetty iPhonesta",
        "Hello there\r\n\r\n--\r\nLee",
        "Hello there\n\nSent from my iPhone\n\nOn Mon, 3 May 2026 at 10:00, Ann <a@x.test> wrote:\n> Hi",
    ],
)
def test_quotes_and_signatures_are_left_out_in_every_language(mail: str) -> None:
    assert own_words(mail) == "Hello there"


@pytest.mark.parametrize(
    "mail",
    [
        "> When will it come?\nTomorrow, I hope.\n> And the other one?\nLater.",
        "On Monday I wrote to you, and nobody answered.",
        "From: Helsinki\nplease send it there",
        "5 > 3 and -- well -- that is it",
        "Am I right that nobody schrieb anything",
        "",
        "> only a quote",
        "--\nonly a signature",
    ],
)
def test_what_only_looks_like_a_quote_stays(mail: str) -> None:
    assert own_words(mail) == mail.strip()


def test_a_mail_without_end_is_read_in_time() -> None:
    assert len(own_words("On " + "a " * 200_000)) > 0
    assert own_words("> " * 100_000 + "x").startswith(">")
    assert own_words("\n" * 200_000 + "x") is not None
