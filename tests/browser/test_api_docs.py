"""The reference of the API: under the same policy as every page, and it works.

It draws what is in view only, so an operation is opened by its address.
"""

# Said of every operation whose id has an underscore, wherever a link leads.
ITS_OWN = ("Deprecated: escaping deep link whitespace",)


def test_an_operation_is_opened_and_tried(desk, open_page):
    page = open_page(f"{desk.url}/api/v1/docs/#/People/get_me", agent="agent@demo.test", forgive=ITS_OWN)

    me = page.locator("#operations-People-get_me")
    me.get_by_role("button", name="Try it out").click()
    me.get_by_role("button", name="Execute").click()

    answer = me.locator(".live-responses-table")
    answer.get_by_text("agent@demo.test").first.wait_for()
    assert answer.locator(".response-col_status").last.inner_text().startswith("200")


def test_what_changes_something_is_sent_with_its_header(desk, open_page):
    page = open_page(f"{desk.url}/api/v1/docs/#/Words/post_tags", agent="agent@demo.test", forgive=ITS_OWN)

    tags = page.locator("#operations-Words-post_tags")
    tags.get_by_role("button", name="Try it out").click()
    tags.locator("textarea").fill('{"name": "From the reference"}')
    tags.get_by_role("button", name="Execute").click()

    tags.locator(".live-responses-table").get_by_text("From the reference").first.wait_for()
