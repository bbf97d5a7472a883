"""Emails of the real binary, judged by those who take them: campaign.py BINARY DIRECTORY. Says `N passed, M failed`."""

import os
import socket
import sys
import time
import urllib.parse

from gateway import Gateway, free_port
from office import PASSWORD, USER, Authority, Office

BINARY, DIRECTORY = sys.argv[1:]
ADA, ADAS_PASSWORD = "ada@example.com", "seven grey herons at dusk"
LOGIN = ":".join(urllib.parse.quote(part, safe="") for part in (USER, PASSWORD))
passed = failed = 0


def check(what, fine, *found):
    global passed, failed
    passed, failed = passed + bool(fine), failed + (not fine)
    print(f"{'ok   ' if fine else 'FAIL '} mail: {what}", *([] if fine else found), flush=True)


def text_of(letter):
    return letter.get_content().replace("\r\n", "\n")


def without_server(gateway):
    gateway.start(None)
    check("the start says that no emails are sent", gateway.says("no SMTP server is configured"))
    token = gateway.set_up(ADA, ADAS_PASSWORD)
    settings = gateway.done("GET", "/api/settings/notifications", token=token)
    wants = {"webhook_failing": True, "key_changed": True, "sign_in": True, "usage_limit": True}
    told = {"object": "notification_settings", "email": wants, "email_configured": False, "email_address": ADA}
    check("settings say so too", settings == told, settings)
    status, answer = gateway.call("POST", "/api/settings/notifications/test", token=token)
    check("a test is refused with the reason", (status, answer["error"]["code"]) == (409, "email_not_configured"), answer)
    app = gateway.done("POST", "/api/apps", {"name": "Shop", "environment": "test"}, token)["app"]
    check("everything else works", app["app_id"].startswith("app_"), app)
    check("it stops", gateway.stop() == 0)
    check("doctor says so", gateway.doctor(None) == (0, "ok    email: no SMTP server is configured: alerts are not sent by email"), gateway.doctor(None))
    gateway.sql("DELETE FROM alert")
    return app


def alerts(gateway, app):
    """What happens arrives, and a flood in two emails."""
    port = free_port()
    office = Office(port, login=True)
    gateway.start(f"smtp://{LOGIN}@127.0.0.1:{port}")
    code, said = gateway.doctor(f"smtp://{LOGIN}@127.0.0.1:{port}")
    check("doctor logs in", code == 0 and f"127.0.0.1:{port} answers" in said and "zenwallet@pay.example.com" in said, said)
    wrong = gateway.doctor(f"smtp://{LOGIN}x@127.0.0.1:{port}")
    check("doctor tells of a wrong password", wrong[0] == 1 and "535" in wrong[1] and PASSWORD not in wrong[1], wrong)
    office.logins.clear()
    token = gateway.log_in(ADA, ADAS_PASSWORD)
    letters = office.wait(1)
    check("a sign-in from an unknown browser is told", len(letters) == 1 and "New sign-in" in letters[0]["Subject"], letters)
    letter, text = letters[0], text_of(letters[0])
    check("the login is the one of the URL", office.logins == [(USER, PASSWORD)], office.logins)
    check("it goes to its user, from the gateway", (letter.envelope.mail_from, letter.envelope.rcpt_tos) == ("zenwallet@pay.example.com", [ADA]), letter.envelope)
    names = [name.lower() for name in letter.keys()]
    check("every header stands once", len(names) == len(set(names)), names)
    check("it has a date, an id and is automatic", letter["Date"].datetime is not None and letter["Message-ID"].startswith("<alr_") and letter["Auto-Submitted"] == "auto-generated", letter.items())
    check("it is plain text of short lines", letter.get_content_type() == "text/plain" and max(map(len, letter.raw.split(b"\r\n"))) <= 998)
    check("it ends lines as SMTP wants them", b"\n" not in letter.raw.replace(b"\r\n", b""))
    parts = ["127.0.0.1", "mail campaign", " UTC", "https://pay.example.com/settings#notifications"]
    check("it says from where, with what, when, and how to turn it off", all(part in text for part in parts), text)
    check("no secret is in it", token not in text and ADAS_PASSWORD not in text)

    key = gateway.done("GET", f"/api/apps/{app['app_id']}/keys", token=token)["data"][0]
    made = gateway.done("POST", f"/api/apps/{app['app_id']}/keys/{key['key_id']}/rotate", {}, token)
    gateway.sql("UPDATE app SET name = ?", "Shop\r\nBcc: eve@example.com\r\n\r\nEvil")
    now = int(time.time() * 1000)
    user = gateway.sql("SELECT id FROM user_account")[0][0]
    for number in range(49):
        facts = '{"what":"key_created","hint":"sk_test_…%04d","name":null,"by":"x","address":null}' % number
        gateway.sql("INSERT INTO alert (id, user_id, kind, app_id, facts, occasion, created_at_ms, visible_at_ms) SELECT ?, ?, 2, id, ?, ?, ?, ? FROM app", f"{number:022}", user, facts, f"flood {number}", now + number, now)
    time.sleep(5)
    check("fifty alerts within five minutes wait", len(office.letters) == 1, len(office.letters))
    gateway.pass_minutes(5)
    letters = office.wait(2)
    check("and go in one email", len(letters) == 2 and "50 alerts" in letters[1]["Subject"], [one["Subject"] for one in letters])
    text = text_of(letters[1])
    check("which tells them all", "rotated" in text and all(f"…{number:04d}" in text for number in range(49)), text[:500])
    secret = made["api_key"]
    check("and no key", secret.startswith("sk_") and secret not in text)
    names = {name.lower() for name in letters[1].keys()}
    check("a name with line breaks adds no header", "bcc" not in names and letters[1].envelope.rcpt_tos == [ADA], names)
    check("nor a line", "Shop Bcc: eve@example.com Evil" in text and "\nBcc" not in text, text[:300])
    time.sleep(3)
    check("nothing comes twice", len(office.letters) == 2, len(office.letters))

    gateway.pass_minutes(5)
    changed = gateway.done("PATCH", "/api/settings/notifications", {"email": {"key_changed": False}}, token)
    check("what is turned off is off", changed["email"] == {"webhook_failing": True, "key_changed": False, "sign_in": True, "usage_limit": True} and changed["email_configured"], changed)
    gateway.done("POST", f"/api/apps/{app['app_id']}/keys", {"name": "unheard"}, token)
    status, answer = gateway.call("PATCH", "/api/settings/notifications", {"email": {"keys_changed": True}}, token)
    check("a slip is told", status == 400 and "did you mean key_changed?" in answer["error"]["message"], answer)
    test = gateway.done("POST", "/api/settings/notifications/test", token=token)
    letters = office.wait(3)
    check("the test arrives at once", test["email_address"] == ADA and letters[2]["Subject"] == "[ZenWallet] Test", letters[2:])
    time.sleep(3)
    check("and what is off does not", len(office.letters) == 3, [one["Subject"] for one in office.letters])

    url = "https://hooks.example.com/T0K3N?key=v4lue"
    gateway.sql("INSERT INTO endpoint (id, app_id, url, events, is_default, is_enabled, failing_since_ms, created_at_ms) SELECT '0000000000000000000abc', id, ?, 14, 0, 1, ?, 1 FROM app", url, now - 600_000)
    letters = office.wait(4, 25)
    text = text_of(letters[-1])
    check("a failing endpoint is told", len(letters) == 4 and "fail" in letters[3]["Subject"] and "https://hooks.example.com " in text, text)
    check("without what may be a password in its URL", "T0K3N" not in letters[3].as_string() and "v4lue" not in letters[3].as_string())
    gateway.sql("UPDATE endpoint SET is_enabled = 0, disabled_reason = 'failing' WHERE id = '0000000000000000000abc'")
    gateway.pass_minutes(5)
    letters = office.wait(5, 25)
    check("and that it was disabled", len(letters) == 5 and "disabled" in letters[4]["Subject"], [one["Subject"] for one in letters])
    gateway.pass_minutes(5)

    office.refused[ADA] = "550 5.1.1 nobody of this name"
    status, answer = gateway.call("POST", "/api/settings/notifications/test", token=token)
    refused = (status, answer["error"]["code"], "550 5.1.1 nobody of this name" in answer["error"]["message"])
    check("a refused test tells the server's own words", refused == (502, "email_failed", True), answer)
    gateway.log_in(ADA, ADAS_PASSWORD)
    check("a refused email is given up, and the log says so", gateway.says("an email was refused and given up") and "550 5.1.1" in gateway.log())
    left = gateway.sql("SELECT count(*) FROM alert WHERE visible_at_ms IS NOT NULL")
    check("nothing of it is left", left == [(0,)], left)
    office.refused[ADA] = "451 4.7.1 come again"
    gateway.log_in(ADA, ADAS_PASSWORD)
    check("a server that has no time is asked again", gateway.says("451 4.7.1") and gateway.says("trying again"))
    office.refused.clear()
    gateway.pass_minutes(1)
    check("a minute later", len(office.wait(6)) == 6)
    office.close()
    check("it stops with its server gone", gateway.stop() == 0)
    check("its log holds no password", PASSWORD not in gateway.log() and LOGIN not in gateway.log() and ADAS_PASSWORD not in gateway.log())
    return port


def later(gateway, port):
    """A server that is away for a while loses nothing."""
    url = f"smtp://127.0.0.1:{port}"
    gateway.pass_minutes(5)
    gateway.start(url)
    token = gateway.log_in(ADA, ADAS_PASSWORD)
    check("a server that is away is asked again later", gateway.says("trying again"))
    status, answer = gateway.call("POST", "/api/settings/notifications/test", token=token)
    check("a test says that it is away", (status, answer["error"]["code"]) == (502, "email_failed"), answer)
    office = Office(port)
    gateway.pass_minutes(1)
    letters = office.wait(1)
    check("what waited arrives", len(letters) == 1 and "New sign-in" in letters[0]["Subject"], letters)
    office.close()
    gateway.stop()


def encrypted(gateway):
    """Whoever cannot prove who he is gets nothing."""
    authority = Authority(DIRECTORY)
    right, wrong = authority.certify("IP:127.0.0.1"), authority.certify("DNS:other.example.com")
    for how, query, wrapped in [("smtp", "?tls=required", False), ("smtps", "", True)]:
        for tls, trusted, arrives in [(right, authority.certificates, True), (right, None, False), (wrong, authority.certificates, False)]:
            port = free_port()
            office = Office(port, tls=tls, wrapped=wrapped, login=not wrapped)
            login = f"{LOGIN}@" if not wrapped else ""
            gateway.pass_minutes(5)
            gateway.sql("DELETE FROM alert")
            gateway.start(f"{how}://{login}127.0.0.1:{port}{query}", trusted)
            token = gateway.log_in(ADA, ADAS_PASSWORD)
            status, answer = gateway.call("POST", "/api/settings/notifications/test", token=token)
            if arrives:
                letters = office.wait(2)
                check(f"{how}: they arrive, encrypted", status == 200 and len(letters) == 2 and all(one.is_secret for one in letters), status, answer)
            else:
                told = answer["error"]["message"]
                check(f"{how}: a wrong certificate is refused", status == 502 and "certificate" in told, answer)
                check(f"{how}: and gets neither email nor password", gateway.says("trying again") and not office.letters and not office.logins)
            gateway.stop()
            office.close()
    port = free_port()
    office = Office(port)
    code, said = gateway.doctor(f"smtp://127.0.0.1:{port}?tls=required")
    check("a server without STARTTLS gets nothing where it is required", code == 1 and "STARTTLS" in said, said)
    office.close()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        code, said = gateway.doctor(f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        took = time.monotonic() - began
        check("a server that says nothing is waited for 10 seconds", code == 1 and "10 seconds" in said and took < 14, took, said)
    code, said = gateway.doctor("smtp://user:hunter22@mail.example.com")
    check("no password goes unencrypted to another machine", code != 0 and "unencrypted" in said and "hunter22" not in said, said)


gateway = Gateway(BINARY, DIRECTORY)
os.makedirs(DIRECTORY, exist_ok=True)
try:
    made = without_server(gateway)
    used = alerts(gateway, made)
    later(gateway, used)
    encrypted(gateway)
finally:
    if gateway.process and gateway.process.poll() is None:
        gateway.process.kill()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
