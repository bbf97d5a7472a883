"""A user's socket: the events of his apps, for as long as his session lasts."""

import json
import time

from journals import check, wait_until
from refusals import refused

SPACE = {"namespace": "/dashboard"}


def run(campaign):
    gateway = campaign.gateway
    ada, bob = (Person(gateway, name) for name in ("ada", "bob"))
    shop, other = ada.app("Shop"), bob.app("Other")
    apps = {shop["app_id"]: 0}
    for name, given in follow_options(ada).items():
        journal = campaign.socket(name, None, auth={**given["auth"], "apps": apps}, options=given["options"], **SPACE)
        ready = wait_until(lambda: journal.of("ready"), 5)
        check(f"{name} is told where it stands", ready == [{"app_id": shop["app_id"], "after_seq": 0}], journal.lines())
        payment = gateway.pay(shop["key"], "SUCCESS")
        gateway.pay(other["key"], "SUCCESS")
        done = lambda: [event for event in journal.of("payment.success") if event["payment_id"] == payment]
        check(f"{name} is told of a payment", wait_until(done, 5), journal.lines())
        check(f"{name} is told of nothing of others", "Other" not in json.dumps(journal.lines()), journal.lines())
        campaign.node.close(name)
    strangers(campaign, ada, bob, shop, other)
    leaving(campaign, ada, apps)
    campaign.say("users' sockets")


def follow_options(person):
    """By a token, and by what a browser keeps; over both transports."""
    cookie = {"extraHeaders": {"Cookie": f"zenwallet_access={person.access}"}}
    given = {}
    for transport in ("websocket", "polling"):
        one = {"transports": [transport]}
        given[f"a user, {transport}"] = {"auth": {"accessToken": person.access}, "options": one}
        given[f"a browser, {transport}"] = {"auth": {}, "options": {**one, **cookie}}
    return given


def strangers(campaign, ada, bob, shop, other):
    apps, foreign = {shop["app_id"]: None}, {shop["app_id"]: None, other["app_id"]: None}
    token = {"accessToken": ada.access}
    for name, auth, code in [
        ("nobody", {"apps": apps}, "session_missing"),
        ("a forged token", {"accessToken": ada.access[:-6] + "AAAAAA", "apps": apps}, "session_invalid"),
        ("a key", {"accessToken": shop["key"], "apps": apps}, "session_invalid"),
        ("a foreign app", {**token, "apps": foreign}, "app_not_found"),
        ("somebody else", {"accessToken": bob.access, "apps": apps}, "app_not_found"),
        ("no app", token, "parameter_invalid"),
        ("no apps", {**token, "apps": {}}, "parameter_invalid"),
        ("a malformed app", {**token, "apps": {"app_x": None}}, "app_not_found"),
        ("a wrong place", {**token, "apps": {shop["app_id"]: "7"}}, "parameter_invalid"),
        ("an unknown word", {**token, "apps": apps, "appId": shop["app_id"]}, "parameter_unknown"),
    ]:
        refused(campaign, name, code, auth=auth, **SPACE)
    page = {"extraHeaders": {"Cookie": f"zenwallet_access={ada.access}", "Origin": "https://shop.example"}}
    refused(campaign, "a page of another origin", "session_missing", auth={"apps": apps}, options=page, **SPACE)


def leaving(campaign, ada, apps):
    """Whoever logs out is shown out within two seconds, with the reason, and does not come back."""
    auth = {"accessToken": ada.access, "apps": apps}
    sockets = [campaign.socket(f"leaving {t}", None, [t], auth=auth, **SPACE) for t in ("websocket", "polling")]
    check("both follow", wait_until(lambda: all(one.of("ready") for one in sockets), 5), [one.lines() for one in sockets])
    ada.call("POST", "/api/auth/logout")
    ended_at = time.monotonic()
    out = lambda: all(one.of("disconnect") for one in sockets)
    wait_until(out, 4)
    took = time.monotonic() - ended_at
    check("whoever logs out is out within two seconds", out() and took < 2.2, (took, [one.lines()[-3:] for one in sockets]))
    for one in sockets:
        reasons = [told["code"] for told in one.of("stream.end")]
        check("the reason comes before the end", reasons == ["session_ended"], one.lines())
        check("the server has ended it", one.of("disconnect") == ["io server disconnect"], one.of("disconnect"))
    refused(campaign, "an ended session", "session_ended", auth=auth, **SPACE)


class Person:
    def __init__(self, gateway, name):
        self.gateway, self.access = gateway, None
        email = f"{name}@example.com"
        made = gateway.run("user", "create", "--email", email, "--name", name)
        login = self.call("POST", "/api/auth/login", {"email": email, "password": made["password"]})
        self.access = login["access_token"]

    def call(self, method, path, body=None):
        status, _, text = self.gateway.call(method, path, self.access, body)
        check(f"{method} {path} is let in", status in (200, 201), (status, text))
        return json.loads(text)

    def app(self, name):
        made = self.call("POST", "/api/apps", {"name": name, "environment": "test"})
        return {"app_id": made["app"]["app_id"], "key": made["api_key"]}
