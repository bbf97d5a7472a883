"""What the commands print, keep and end with."""

import base64
import hashlib
import hmac
import json
import os
import stat
import struct
import subprocess
import time

from gateway import free_port
from listening import wait_until

PASSWORD = "correct horse battery staple 9"
EMAIL = "ada@example.com"


def totp(secret):
    """The six digits of now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def with_a_key(campaign):
    """The commands about one app, as a script with a key runs them."""
    app = campaign.gateway.make_app("Shop")
    key = {"ZENWALLET_API_KEY": app["api_key"]}
    run = lambda *arguments: campaign.run(*arguments, **key)
    made = run("payments", "create", "12.50", "COINS", "--reference-id", "R1", "--metadata", "order_id=7", "--json")
    payment = lines(made[1])[0]
    payment_id = payment["payment_id"]
    campaign.check("create prints the payment", made[0] == 0 and payment["metadata"] == {"order_id": "7"}, made)
    campaign.check("and its amount as a number", payment["amount"] == 12.5, made)
    again = [lines(run("payments", "create", "1", "XP", "--idempotency-key", "k1", "--json")[1])[0]["payment_id"]
             for _ in range(2)]
    campaign.check("an idempotency key makes one payment", again[0] == again[1], again)
    table = [
        (("payments", "get", payment_id), 0, "12.5 COINS", ""),
        (("payments", "list"), 0, payment_id, ""),
        (("payments", "list", "--status", "success"), 0, "Payment", ""),
        (("payments", "get", "pay_nope"), 4, "", "payment_not_found"),
        (("payments", "get", ".."), 2, "", "is not an id"),
        (("payments", "create", "1", "coins"), 1, "", "currency_invalid"),
        (("payments", "create", "1.234", "COINS"), 2, "", "at most 2 decimals"),
        (("payments", "create", "1", "COINS", "--metadata", "x"), 2, "", "KEY=VALUE"),
        (("payments", "cancel", payment_id), 0, "canceled", ""),
        (("payments", "complete", payment_id), 5, "", f"{payment_id} is FAILED"),
        (("payments", "watch", payment_id), 8, "FAILED", ""),
        (("payments", "create", "2", "XP", "--idempotency-key", "k1"), 5, "", "idempotency_key_reused"),
        (("trigger", "payment.success"), 0, "SUCCESS", ""),
        (("trigger", "payment.failed", "--failure-code", "card_declined"), 0, "card_declined", ""),
        (("trigger", "payment.created", "--payment", payment_id), 2, "", "leave --payment out"),
        (("trigger", "payment.nothing"), 2, "", "payment.success"),
        (("trigger", "webhook.test", "--webhook-url", f"http://127.0.0.1:{free_port()}/"), 1, "FAILED", ""),
        (("events", "tail", "--no-follow", "--after-seq", "0"), 0, "payment.created", ""),
        (("events", "tail", "--no-follow", "--after-seq", "9999"), 1, "", "after_seq_ahead"),
        (("webhooks", "list"), 0, "webhook.test", ""),
        (("webhooks", "replay", "--since", "2h", "--dry-run"), 0, "would be sent again", ""),
        (("webhooks", "replay", "--since", "yesterday"), 2, "", "30m"),
        (("webhooks", "resend", "dlv_nope"), 4, "", "delivery_not_found"),
        (("payments", "list", "--app", "app_0000000000000000000001"), 2, "", "ZENWALLET_API_KEY is the key of one app"),
        (("apps", "list"), 3, "", "zenwallet login"),
        (("listen", "--forward-to", "ftp://x/"), 2, "", "http://localhost:3000/webhook"),
        (("payments",), 2, "", "Usage"),
    ]
    for arguments, code, printed, told in table:
        found = run(*arguments)
        campaign.check(" ".join(arguments), found[0] == code and printed in found[1] and told in found[2], found)
        campaign.check(f"{arguments}: the key stays hidden", app["api_key"] not in found[1] + found[2], found)
    error = json.loads(run("payments", "get", "pay_nope", "--json")[2])["error"]
    campaign.check("errors are JSON too", (error["code"], error["status"]) == ("payment_not_found", 404), error)
    refused = campaign.run("payments", "list", ZENWALLET_API_KEY="sk_test_x")
    campaign.check("a key that is none", refused[0] == 3 and "api_key_invalid" in refused[2], refused)
    away = campaign.run("payments", "list", "--url", "http://127.0.0.1:1", ZENWALLET_API_KEY=app["api_key"])
    campaign.check("a gateway that is away", away[0] == 6 and "127.0.0.1:1" in away[2], away)
    nobody = campaign.run("payments", "list")
    campaign.check("nobody", nobody[0] == 3 and "zenwallet login" in nobody[2], nobody)


def waiting(campaign):
    """Commands that wait are told at once."""
    key = {"ZENWALLET_API_KEY": campaign.gateway.make_app("Waiting")["api_key"]}
    payment_id = lines(campaign.run("payments", "create", "5", "COINS", "--json", **key)[1])[0]["payment_id"]
    watch = campaign.start("payments", "watch", payment_id, "--json", **key)
    tail = campaign.start("events", "tail", "--after-seq", "0", "--type", "payment.success", "--json", **key)
    campaign.run("trigger", "payment.success", "--payment", payment_id, **key)
    out, err = watch.communicate(timeout=20)
    campaign.check("watch ends with what was paid", watch.returncode == 0 and lines(out)[0]["status"] == "SUCCESS", (out, err))
    told = json.loads(tail.stdout.readline())
    campaign.check("tail tells what was paid", told["payment_id"] == payment_id, told)
    tail.send_signal(2)
    tail.communicate(timeout=20)
    campaign.check("Ctrl-C ends it well", tail.returncode == 0, tail.returncode)
    pages = 230
    for number in range(pages):
        campaign.gateway.call("POST", "/api/payments/create", key["ZENWALLET_API_KEY"], {"amount": number + 1, "currency": "XP"})
    everything = lines(campaign.run("payments", "list", "--all", "--json", **key)[1])
    ids = {one["payment_id"] for one in everything}
    campaign.check("list --all walks every page once", len(everything) == len(ids) == pages + 1, len(everything))
    some = lines(campaign.run("payments", "list", "--limit", "120", "--json", **key)[1])
    campaign.check("--limit crosses pages", some == everything[:120], len(some))


def as_a_user(campaign):
    """Login with a second factor, apps, keys, renewal by several processes at once, logout."""
    gateway = campaign.gateway
    command = [gateway.binary, "user", "create", "--email", EMAIL, "--name", "Ada", "--password-stdin"]
    subprocess.run(command, env=gateway.environment, input=PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL)
    path = os.path.join(campaign.directory, "home", ".config/zenwallet/credentials.json")
    login = lambda *more: campaign.run("login", "--email", EMAIL, "--password-stdin", *more, given=PASSWORD + "\n")
    wrong = campaign.run("login", "--email", EMAIL, "--password-stdin", given="wrong\n")
    campaign.check("a wrong password", wrong[0] == 3 and not os.path.exists(path), wrong)
    first = login()
    campaign.check("a login without apps", first[0] == 0 and "apps create" in first[1], first)
    campaign.check("nobody else can read it", stat.S_IMODE(os.stat(path).st_mode) == 0o600, os.stat(path))
    made = lines(campaign.run("apps", "create", "Ada's shop", "--json")[1])[0]
    app_id = made["app"]["app_id"]
    unchosen = campaign.run("payments", "list")
    campaign.check("no app is chosen yet", unchosen[0] == 3 and "apps use" in unchosen[2], unchosen)
    used = campaign.run("apps", "use", app_id)
    campaign.check("an app is chosen", used[0] == 0 and app_id in used[1], used)
    paid = campaign.run("trigger", "payment.success")
    campaign.check("and pays", paid[0] == 0 and "SUCCESS" in paid[1], paid)
    key = lines(campaign.run("keys", "create", "--name", "CI", "--json")[1])[0]
    campaign.check("a key that was made works", campaign.run("payments", "list", ZENWALLET_API_KEY=key["api_key"])[0] == 0)
    rotated = lines(campaign.run("keys", "rotate", key["key"]["key_id"], "--overlap", "0", "--json")[1])[0]
    ended = lambda api_key: campaign.run("payments", "list", ZENWALLET_API_KEY=api_key)[0] == 3
    # A key is believed for a moment.
    wait_until(lambda: ended(key["api_key"]), "a rotated key ends", 5)
    campaign.run("keys", "revoke", rotated["key"]["key_id"])
    wait_until(lambda: ended(rotated["api_key"]), "a revoked key ends", 5)
    elsewhere = campaign.run("apps", "list", "--url", "http://127.0.0.1:1")
    campaign.check("tokens go to their gateway alone", elsewhere[0] == 3 and "login is for" in elsewhere[2], elsewhere)
    renewal(campaign, path)
    second_factor(campaign, login, path)
    out = campaign.run("logout")
    campaign.check("logout", out[0] == 0 and not os.path.exists(path), out)
    campaign.check("and nobody is logged in", campaign.run("apps", "list")[0] == 3)
    campaign.check("a second logout is no error", campaign.run("logout")[0] == 0)


def renewal(campaign, path):
    with open(path) as file:
        kept = json.load(file)
    kept["access_token_expires_at"] = "2020-01-01T00:00:00Z"
    with open(path, "w") as file:
        json.dump(kept, file)
    several = [campaign.start("apps", "list") for _ in range(6)]
    codes = [process.communicate(timeout=60) and process.returncode for process in several]
    campaign.check("six processes renew one session", codes == [0] * 6, codes)
    with open(path) as file:
        renewed = json.load(file)
    campaign.check("with another refresh token", renewed["refresh_token"] != kept["refresh_token"])


def second_factor(campaign, login, path):
    with open(path) as file:
        token = json.load(file)["access_token"]
    started = json.loads(campaign.gateway.call("POST", "/api/auth/totp/start", token)[2])
    campaign.gateway.call("POST", "/api/auth/totp/confirm", token, {"totp_code": totp(started["secret"])})
    asked = login()
    campaign.check("the second factor is asked for", asked[0] == 2 and "authenticator" in asked[2], asked)
    # A code is good once: the next one is that of the next half minute.
    used, deadline = totp(started["secret"]), time.monotonic() + 35
    while totp(started["secret"]) == used and time.monotonic() < deadline:
        time.sleep(0.2)
    let_in = login("--code", totp(started["secret"]))
    campaign.check("and lets in", let_in[0] == 0 and "working with" in let_in[1], let_in)


def completions(campaign):
    for shell in ("bash", "zsh", "fish", "powershell", "elvish"):
        code, out, err = campaign.run("completions", shell)
        campaign.check(f"completions for {shell}", code == 0 and "forward-to" in out, err)
    script = campaign.run("completions", "bash")[1]
    checked = subprocess.run(["bash", "-n"], input=script, text=True, stderr=subprocess.PIPE)
    campaign.check("bash reads its own", checked.returncode == 0, checked.stderr)


PARTS = (with_a_key, waiting, as_a_user, completions)
