"""Keys of the API: made, copied, used and revoked, at every size."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_a_key_is_made_used_and_revoked(desk: Desk, open_page: OpenPage, size: str, scheme: str) -> None:
    page = open_page(
        f"{desk.url}/settings/keys/", size=size, scheme=scheme, agent="agent@demo.test", forgive=("422",)
    )
    assert_no_serious_axe_findings(page)
    shoot(page, f"keys-{size}-{scheme}")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(f"Warehouse {size} {scheme}")
    dialog.get_by_role("button", name="Make the key").click()
    expect(dialog.get_by_text("Choose at least one thing.")).to_be_visible()
    dialog.get_by_label("Orders").select_option("write")
    dialog.get_by_label("Conversations").select_option("read")
    assert_no_serious_axe_findings(page)
    shoot(page, f"keys-new-{size}-{scheme}")
    dialog.get_by_role("button", name="Make the key").click()

    made = dialog.locator("#made-key")
    expect(made).to_contain_text("desk_")
    shown = made.inner_text()
    assert_no_serious_axe_findings(page)
    shoot(page, f"keys-made-{size}-{scheme}")
    asked = httpx.Client(base_url=desk.url, headers={"Authorization": f"Bearer {shown}"})
    assert asked.get("/api/v1/orders/").status_code == 200
    assert asked.get("/api/v1/buyers/").status_code == 403

    dialog.get_by_role("link", name="I have it").click()
    row = page.get_by_role("row").filter(has_text=f"Warehouse {size} {scheme}")
    expect(row).to_contain_text("Orders · change")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shoot(page, f"keys-list-{size}-{scheme}")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("is revoked.")).to_be_visible()
    assert asked.get("/api/v1/orders/").status_code == 401


def test_an_admin_sees_what_colleagues_have_and_a_command_makes_one(desk: Desk, open_page: OpenPage) -> None:
    shown = desk.manage("apikey", "supervisor@demo.test", "--name", "From a script").strip()
    asked = httpx.get(f"{desk.url}/api/v1/me/", headers={"Authorization": f"Bearer {shown}"})
    assert asked.json()["email"] == "supervisor@demo.test"

    page = open_page(f"{desk.url}/settings/keys/", agent="admin@demo.test")
    expect(page.get_by_role("heading", name="Keys of your colleagues")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="From a script")).to_contain_text("Everything")
    assert_no_serious_axe_findings(page)
    shoot(page, "keys-admin")
