"""People on the real binary: campaign.py BINARY sqlite|postgres DIRECTORY

Says `N passed, M failed`.
"""

import base64
import json
import os
import random
import re
import secrets
import subprocess
import sys
import time
import urllib.parse

import pyotp
import requests

from gateway import Gateway, Post, Receiver
from search import Ledger, search

BINARY, DATABASE, DIRECTORY = sys.argv[1:]
REQUESTS = int(os.environ.get("PEOPLE_REQUESTS", "1200"))
counts = {True: 0, False: 0}


def check(what, good, told=""):
    counts[bool(good)] += 1
    print(f"{'ok  ' if good else 'FAIL'}  {DATABASE}  {what}" + ("" if good else f": {told}"), flush=True)


class Client:
    """One who calls; every answer is kept, and every error body is looked through at the end."""

    answers = []

    def __init__(self, gateway, token=None):
        self.gateway, self.token, self.session, self.address = gateway, token, requests.Session(), "198.51.100.1"

    def send(self, method, path, body=None, status=None, token=None, **headers):
        sent = {"X-Forwarded-For": self.address, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if token or self.token:
            sent["Authorization"] = f"Bearer {token or self.token}"
        answer = self.session.request(method, self.gateway.url + path, json=body, headers=sent, timeout=15)
        Client.answers.append((method, path, answer.status_code, answer.text))
        if status is not None and answer.status_code != status:
            sys.exit(f"people: {method} {path} was answered {answer.status_code}: {answer.text}")
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json else answer.text

    def refused(self, code, *what, **how):
        answer = self.send(*what, **how)
        check(f"{what[0]} {what[1].split('?')[0]} is refused: {code}", answer["error"]["code"] == code, answer)
        return answer


def current(totp):
    """A code that was not used yet: of the next half minute, if the server has had this one's."""
    step = max(int(time.time()) // 30, getattr(totp, "used", 0) + 1)
    while step - int(time.time()) // 30 > 1:
        time.sleep(1)
    totp.used = step
    return totp.at(step * 30)


def walk(gateway, known):
    """From the printed token to the logout, as a browser and an authenticator do it."""
    out = Gateway.read(gateway.stdout)
    token = known.add("setup token", re.search(r'/setup#token=(\S+)', out).group(1))
    password = known.add("password", secrets.token_urlsafe(18))
    ada = Client(gateway)
    check("the setup is open", ada.send("GET", "/api/auth/setup", status=200)["is_open"] is True)
    ada.refused("link_invalid", "POST", "/api/auth/setup", {"token": known.add("wrong setup token", secrets.token_urlsafe(24)), "email": "ada@example.com", "name": "Ada", "password": password})
    grant = ada.send("POST", "/api/auth/setup", {"token": token, "email": "ada@example.com", "name": "Ada", "password": password}, 201)
    known.grant(grant)
    ada.refused("setup_closed", "POST", "/api/auth/setup", {"token": token, "email": "eve@example.com", "name": "Eve", "password": password})

    # A browser keeps what it is given and sends it back: requests does. The tokens are in no answer that it sees.
    browser = Client(gateway)
    login = {"email": "ada@example.com", "password": password, "use_cookies": True}
    browser.refused("login_failed", "POST", "/api/auth/login", {**login, "password": known.add("wrong password", secrets.token_urlsafe(18))})
    shown = browser.send("POST", "/api/auth/login", login, 200)
    cookies = {cookie.name: cookie for cookie in browser.session.cookies}
    check("the browser keeps three cookies", sorted(cookies) == ["zenwallet_access", "zenwallet_device", "zenwallet_refresh"], cookies)
    check("no script reads them", all(cookie.has_nonstandard_attr("HttpOnly") for cookie in cookies.values()))
    check("the answer shows no token", "access_token" not in shown and "refresh_token" not in shown, shown)
    for name, cookie in cookies.items():
        known.add(f"cookie {name}", cookie.value)
    browser.refused("cross_site_request", "PATCH", "/api/auth/me", {"name": "Eve"}, Sec_Fetch_Site="cross-site")
    browser.send("PATCH", "/api/auth/me", {"name": "Ada L"}, 200, Sec_Fetch_Site="same-origin")

    # The authenticator: what pyotp reads out of the address it is shown.
    begun = browser.send("POST", "/api/auth/totp/start", {}, 200)
    known.totp(begun["secret"])
    totp = pyotp.parse_uri(begun["otpauth_url"])
    check("pyotp reads the address", (totp.secret, totp.issuer, totp.name, totp.digits, totp.interval) == (begun["secret"], "ZenWallet", "ada@example.com", 6, 30), vars(totp))
    browser.refused("totp_invalid", "POST", "/api/auth/totp/confirm", {"totp_code": totp.at(0)})
    made = browser.send("POST", "/api/auth/totp/confirm", {"totp_code": current(totp)}, 200)
    codes = [known.add("recovery code", code) for code in made["recovery_codes"]]
    check("ten recovery codes", len(set(codes)) == 10, codes)

    phone = Client(gateway)
    phone.refused("totp_required", "POST", "/api/auth/login", {"email": "ada@example.com", "password": password})
    code = current(totp)
    grant = phone.send("POST", "/api/auth/login", {"email": "ada@example.com", "password": password, "totp_code": code}, 200)
    known.grant(grant)
    phone.refused("totp_invalid", "POST", "/api/auth/login", {"email": "ada@example.com", "password": password, "totp_code": code})
    by_code = phone.send("POST", "/api/auth/login", {"email": "ada@example.com", "password": password, "recovery_code": codes[0]}, 200)
    known.grant(by_code)
    phone.refused("totp_invalid", "POST", "/api/auth/login", {"email": "ada@example.com", "password": password, "recovery_code": codes[0]})

    # A renewed session goes on; a token that comes back ends all of it.
    renewed = phone.send("POST", "/api/auth/refresh", {"refresh_token": grant["refresh_token"]}, 200)
    known.grant(renewed)
    check("a renewed session is the same", renewed["session_id"] == grant["session_id"])
    phone.send("GET", "/api/auth/me", status=200, token=renewed["access_token"])
    phone.refused("refresh_token_reused", "POST", "/api/auth/refresh", {"refresh_token": grant["refresh_token"]})
    phone.refused("session_ended", "GET", "/api/auth/me", token=renewed["access_token"])
    phone.refused("refresh_token_invalid", "POST", "/api/auth/refresh", {"refresh_token": renewed["refresh_token"]})
    phone.send("GET", "/api/auth/me", status=200, token=by_code["access_token"])

    # By its cookies alone, the browser renews and leaves.
    before = {cookie.name: cookie.value for cookie in browser.session.cookies}
    browser.send("POST", "/api/auth/refresh", {}, 200)
    after = {cookie.name: cookie.value for cookie in browser.session.cookies}
    check("new cookies take the place of the old", before["zenwallet_refresh"] != after["zenwallet_refresh"])
    for name, value in after.items():
        known.add(f"cookie {name}", value)
    browser.send("GET", "/api/auth/me", status=200)
    browser.send("POST", "/api/auth/logout", {}, 200)
    check("it has forgotten them", [cookie.name for cookie in browser.session.cookies] == ["zenwallet_device"])
    browser.refused("session_missing", "GET", "/api/auth/me")
    stolen = Client(gateway)
    stolen.session.cookies.update(after)
    stolen.refused("session_ended", "GET", "/api/auth/me")
    stolen.refused("refresh_token_invalid", "POST", "/api/auth/refresh", {})
    return password, totp, codes


def flows(gateway, known, password, totp, codes, hook, post):
    """Every flow that has to do with a secret, right and wrong."""
    admin = Client(gateway)
    login = {"email": "ada@example.com", "password": password}
    grant = known.grant(admin.send("POST", "/api/auth/login", {**login, "totp_code": current(totp)}, 200))
    admin.token = grant["access_token"]
    made = admin.send("POST", "/api/auth/recovery-codes", {}, 200)
    codes = [known.add("recovery code", code) for code in made["codes"]]
    # People come by links and choose their own passwords.
    invited = admin.send("POST", "/api/users/invitations", {"email": "bob@example.com"}, 201)
    token = known.add("invitation token", invited["url"].split("#token=")[1])
    bobs = known.add("password", secrets.token_urlsafe(18))
    bob = Client(gateway)
    grant = bob.send("POST", "/api/auth/invitations/accept", {"token": token, "name": "Bob", "password": bobs}, 201)
    known.grant(grant)
    bob.refused("link_invalid", "POST", "/api/auth/invitations/accept", {"token": token, "name": "Bob", "password": bobs})
    link = admin.send("POST", f"/api/users/{grant['user']['user_id']}/password/reset", {}, 200)
    token = known.add("password token", link["url"].split("#token=")[1])
    bob.refused("password_too_common", "POST", "/api/auth/password/reset", {"token": token, "new_password": "sunshine"})
    bobs = known.add("password", secrets.token_urlsafe(18))
    bob.send("POST", "/api/auth/password/reset", {"token": token, "new_password": bobs}, 200)
    grant = known.grant(bob.send("POST", "/api/auth/login", {"email": "bob@example.com", "password": bobs}, 200))
    bob.token = grant["access_token"]
    change = known.add("password", secrets.token_urlsafe(18))
    grant = bob.send("POST", "/api/auth/password", {"current_password": bobs, "new_password": change}, 200)
    bob.token = known.grant(grant)["access_token"]
    begun = bob.send("POST", "/api/auth/totp/start", {}, 200)
    known.totp(begun["secret"])
    # Apps, keys, webhooks.
    body = {"name": "Arcade", "environment": "test", "webhook_url": hook.url}
    app = bob.send("POST", "/api/apps", body, 201)
    app_id, key = app["app"]["app_id"], known.add("API key", app["api_key"])
    known.webhook_secret(app["webhook_secret"])
    other = bob.send("POST", f"/api/apps/{app_id}/keys", {"name": "Till"}, 201)
    known.add("API key", other["api_key"])
    rotated = bob.send("POST", f"/api/apps/{app_id}/keys/{other['key']['key_id']}/rotate", {"overlap": 0}, 201)
    known.add("API key", rotated["api_key"])
    shop = Client(gateway, key)
    secret = shop.send("POST", f"/api/apps/{app_id}/webhook-secret/rotate", {}, 200)
    known.webhook_secret(next(value for value in secret.values() if str(value).startswith("whsec_")))
    header = known.add("endpoint header", secrets.token_urlsafe(24))
    shop.send("POST", "/api/webhooks/endpoints", {"url": hook.url, "headers": {"X-Receiver-Token": header}}, 201)
    console = json.loads(gateway.run("app", "create", "--name", "Console", "--environment", "production", "--json"))
    known.add("API key", console["api_key"])
    known.webhook_secret(console["webhook_secret"])
    typed = known.add("password", secrets.token_urlsafe(18))
    gateway.run("user", "create", "--email", "eve@example.com", "--name", "Eve", "--password-stdin", "--json", given=typed)
    shown = json.loads(gateway.run("user", "create", "--email", "joe@example.com", "--name", "Joe", "--json"))
    known.add("password", shown["password"])
    for n in range(12):
        payment = shop.send("POST", "/api/payments/create", {"amount": n + 1, "currency": "COINS"}, 201)["payment_id"]
        shop.send("POST", f"/api/payments/{payment}/complete", {"status": "SUCCESS"}, 200)
        page = requests.get(f"{gateway.url}/pay/{payment}", timeout=15).text
        found = re.search(r'name="token" value="([^"]+)"', page)
        if found:
            known.add("page token", found.group(1))
    admin.send("POST", "/api/settings/notifications/test", {})
    # Many who have nothing, or the wrong thing, in every place where one can stand.
    rng, sent = random.Random(5), 0
    mine = Client(gateway)
    paths = ["/api/payments", "/api/auth/me", "/api/apps", "/api/users", "/api/audit", "/api/events", f"/api/apps/{app_id}"]
    while len(Client.answers) < REQUESTS:
        mine.address = f"203.0.113.{sent % 250}"
        wrong = known.add("wrong secret", secrets.token_urlsafe(30))
        kind = sent % 12
        sent += 1
        if kind == 0:
            mine.send("POST", "/api/auth/login", {"email": f"nobody{sent}@example.com", "password": wrong})
        elif kind == 1:
            mine.send("POST", "/api/auth/refresh", {"refresh_token": f"zwr_{wrong}"})
        elif kind == 2:
            mine.send("GET", rng.choice(paths), token=f"sk_test_{wrong[:43].ljust(43, 'x')}")
        elif kind == 3:
            mine.send("GET", rng.choice(paths), token=f"{wrong}.{wrong}.{wrong}")
        elif kind == 4:
            mine.send("POST", "/api/auth/password/reset", {"token": f"zwl_{wrong}", "new_password": wrong})
        elif kind == 5:
            mine.send("GET", rng.choice(paths), Cookie=f"zenwallet_access={wrong}; zenwallet_device={wrong}.{wrong}")
        elif kind == 6:
            mine.send("POST", "/api/auth/confirm", {"password": wrong}, token=bob.token)
        elif kind == 7:
            # Spelled wrong, in the wrong place, of the wrong type, not JSON at all.
            mine.send("POST", "/api/auth/login", {"email": "ada@example.com", "passwort": wrong})
            mine.send("POST", "/api/auth/login", {"email": "ada@example.com", "password": [wrong]})
            mine.send("POST", "/api/auth/login", {"email": wrong, "password": wrong})
            raw = f'{{"email": "ada@example.com", "password": "{wrong}'
            answer = requests.post(f"{gateway.url}/api/auth/login", data=raw, headers={"Content-Type": "application/json"}, timeout=15)
            Client.answers.append(("POST", "/api/auth/login", answer.status_code, answer.text))
        elif kind == 8:
            shop.send("GET", rng.choice(paths))
        elif kind == 9:
            bob.send("GET", rng.choice(paths) + "?" + urllib.parse.urlencode({"app_id": app_id}))
        elif kind == 10:
            mine.send("POST", "/api/auth/invitations/accept", {"token": wrong, "name": "x", "password": wrong})
        else:
            answer = requests.get(gateway.url + rng.choice(paths), headers={"Authorization": f"Basic {wrong}"}, timeout=15)
            Client.answers.append(("GET", "basic", answer.status_code, answer.text))
    # Whoever stole a token of either kind is told so, and everybody leaves.
    exported = admin.send("GET", "/api/audit/export", status=200)
    known.places.append(("the audit log", exported.encode()))
    metrics = requests.get(f"{gateway.url}/metrics", timeout=15).text
    known.places.append(("/metrics", metrics.encode()))
    known.places.append(("/api/openapi.json", requests.get(f"{gateway.url}/api/openapi.json", timeout=15).content))
    bob.send("POST", "/api/auth/logout-all", {}, 200)
    admin.send("POST", "/api/auth/logout", {}, 200)
    check("so many requests", len(Client.answers) >= REQUESTS, len(Client.answers))
    check("none failed the server", all(answer[2] < 500 for answer in Client.answers), [a for a in Client.answers if a[2] >= 500][:3])
    return exported


def main():
    known = Ledger()
    post, hook = Post(known.add("SMTP password", secrets.token_urlsafe(18))), Receiver()
    gateway = Gateway(BINARY, DATABASE, DIRECTORY, post.url)
    known.add("SMTP login", base64.b64encode(b"\0post\0" + post.password.encode()).decode())
    known.bytes("instance key", gateway.instance_key)
    known.add("instance key", gateway.environment["ZENWALLET_SECRET_KEY"])
    gateway.start()
    try:
        password, totp, codes = walk(gateway, known)
        flows(gateway, known, password, totp, codes, hook, post)
        deadline = time.monotonic() + 15
        while (len(hook.seen) < 10 or not post.letters) and time.monotonic() < deadline:
            time.sleep(0.1)
        check("webhooks and emails went out", len(hook.seen) >= 10 and len(post.letters) >= 1, (len(hook.seen), len(post.letters), post.logins[:2]))
        # As it runs, with what is not in the file yet, and once more as it was left.
        known.places += [(f"running: {name}", kept) for name, kept in gateway.dump()]
    finally:
        code = gateway.stop()
    check("it ended well", code == 0, code)
    if os.environ.get("PEOPLE_PLANT"):
        # Whoever looks must be able to find.
        for name, secret in sorted(known.secrets.items(), key=lambda pair: pair[1])[:1]:
            with open(gateway.stderr, "a") as log:
                log.write(f"planted: {name.decode(errors='replace')}\n")
    known.places += [(f"stopped: {name}", kept) for name, kept in gateway.dump()]
    stderr, stdout = open(gateway.stderr, "rb").read(), open(gateway.stdout, "rb").read()
    loud = {level: stderr.count(f'"level":"{level}"'.encode()) for level in ("TRACE", "DEBUG", "INFO")}
    check("the log was at its loudest", loud["TRACE"] > 50 and loud["DEBUG"] > REQUESTS and loud["INFO"] > 50, loud)
    known.places += [("stderr", stderr), ("stdout", stdout)]
    errors = "\n".join(text for _, _, status, text in Client.answers if status >= 400)
    known.places.append(("error bodies", errors.encode()))
    known.places.append(("emails", "\n".join(post.letters).encode()))
    received = [body + repr(headers).encode() for headers, body in hook.seen]
    known.places.append(("webhooks", b"\n".join(received)))
    search(known, check)
    print(f"{counts[True]} passed, {counts[False]} failed")
    return 0 if counts[False] == 0 else 1


sys.exit(main())
