"""What schemathesis must know of the contract that a schema cannot say."""

import json
import os
import re
import urllib.request
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

# Refusals of requests that fit the schema, each for a reason that lies outside of what a schema can describe.
BEYOND_A_SCHEMA = {
    # `multipleOf: 0.01` is arithmetic on doubles and refuses 0.29, so the two decimals are told in words.
    "amount_too_precise",
    # Exponents: to a schema 1e2 and 100 are the same number.
    "amount_invalid",
    # A cursor is opaque: only the list that gave it knows it.
    "cursor_invalid",
    # Keys and bodies are drawn independently of each other.
    "idempotency_key_reused",
    # The sum of all members, the exactness of a number and the length of the one alternative that is a string.
    "metadata_too_large",
    "metadata_number_inexact",
    "metadata_value_invalid",
    # JSON can spell U+0000 and schemas cannot exclude it from a name or a text in every dialect.
    "string_invalid",
    "metadata_key_invalid",
    # Where a log begins and ends.
    "after_seq_ahead",
    "events_forgotten",
    # RFC 3986, which `format: uri` means, knows addresses that the URL standard does not.
    "url_invalid",
    # Which addresses and ports are the gateway's own network no pattern can tell.
    "url_forbidden",
    # What an app may do besides when it is one of production.
    "url_not_https",
    # Which links were made, and which passwords everybody tries.
    "link_invalid",
    "password_too_common",
}


IDENTITY = os.environ["IDENTITY"]
APP_ID = os.environ["APP_ID"]
# By which a user says for which apps he asks; keys do not say it.
OF_USERS = ("app_id", "environment")
# What is app A's, by the name of the parameter.
FOREIGN = {
    f"{name}_id": os.environ[f"FOREIGN_{name.upper()}"] for name in ("app", "payment", "endpoint", "delivery", "event")
}
# What an app does not survive, or what it is no longer whole after.
DANGEROUS = ("delete_app", "update_app")
made_apps = set()
calls = 0


@schemathesis.hook
def map_query(ctx, query):
    """Whether and how it is said for which app, the identity decides."""
    return {name: value for name, value in query.items() if name not in OF_USERS} if query else query


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Gives a request what no schema knows: the app that is there, and, to app B, what is app A's."""
    global calls
    calls += 1
    operation = case.operation.definition.raw
    if not negative(case, ParameterLocation.PATH) and case.path_parameters:
        path = dict(case.path_parameters)
        if "app_id" in path and path["app_id"] not in made_apps:
            is_spare = IDENTITY == "user" and operation.get("operationId") in DANGEROUS
            path["app_id"] = os.environ["SPARE_APP"] if is_spare else APP_ID
        # Every second time, so that it also meets what is its own.
        if IDENTITY == "app B" and calls % 2:
            path.update({name: FOREIGN[name] for name in path if name in FOREIGN})
        if path != case.path_parameters:
            case.path_parameters = path
    if IDENTITY == "user" and not negative(case, ParameterLocation.QUERY):
        names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
        # The log of deeds is a user's own: there it is one filter among others.
        if "app_id" in names and operation.get("operationId") not in ("list_audit", "export_audit"):
            rest = {name: value for name, value in (case.query or {}).items() if name not in OF_USERS}
            # Some ask for all apps of an environment instead.
            by_environment = "environment" in names and calls % 3 == 0
            case.query = {**rest, **({"environment": "test"} if by_environment else {"app_id": APP_ID})}


@schemathesis.hook
def after_call(ctx, case, response):
    if response.status_code == 201 and case.operation.definition.raw.get("operationId") == "create_app":
        made_apps.add(response.json()["app"]["app_id"])


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    """Not found can be who is named in the body, and not what was made a moment ago."""
    return error_of(response).get("param") != "owner_user_id" or error_of(response).get("code") != "user_not_found"


def negative(case, location):
    return case.meta is not None and case.meta.is_negative_at(location)


def log_in():
    """A new session: its proof is fresh, and it has a rate limit of its own."""
    body = json.dumps({"email": os.environ["USER_EMAIL"], "password": os.environ["USER_PASSWORD"]}).encode()
    headers = {"Content-Type": "application/json", "X-Forwarded-For": "192.0.2.7"}
    request = urllib.request.Request(os.environ["GATEWAY"] + "/api/auth/login", body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["access_token"]


if IDENTITY == "user":

    @schemathesis.auth(refresh_interval=120)
    class Session:
        def get(self, case, ctx):
            return log_in()

        def set(self, case, token, ctx):
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


@schemathesis.check
def what_is_anothers_is_not_there(ctx, response, case):
    """Another app's thing is never answered, whatever is asked of it."""
    given = {name: value for name, value in (case.path_parameters or {}).items() if FOREIGN.get(name) == value}
    if IDENTITY == "app B" and given:
        with open(os.environ["FOREIGN_COUNT"], "a") as count:
            print(response.status_code, case.operation.label, file=count)
        if response.status_code < 300:
            raise AssertionError(f"app B was answered {response.status_code} about what is app A's: {given}")
        text = response.text
        if FOREIGN["app_id"] in text and "app_id" not in given:
            raise AssertionError("the refusal names the app whose it is")
    return None


RFC_3986 = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")


@schemathesis.check
def valid_data_is_accepted(ctx, response, case):
    """As `positive_data_acceptance`, but for refusals that no schema can describe."""
    error = error_of(response)
    if error.get("code") in BEYOND_A_SCHEMA:
        return None
    # Which of its callers sends a parameter a schema cannot say.
    if error.get("code") == "parameter_unknown" and error.get("param") in OF_USERS:
        return None
    # `failure_code` goes with FAILED only: one member's rule that depends on another's value.
    if error.get("code") == "parameter_invalid" and error.get("param") == "failure_code":
        return None
    # Two names of headers that differ in case alone, and the names that the gateway sets itself.
    if str(error.get("param")).startswith("headers."):
        return None
    # 22 characters can spell more than the 128 bits of an id.
    if error.get("code") == "parameter_invalid" and error.get("param") in ("endpoint_id", "payment_id", "user_id", "app_id"):
        return None
    # What is an address of somebody, `format: email` tells too generously and a pattern not at all.
    if error.get("code") == "parameter_invalid" and error.get("param") == "email":
        return None
    # Two moments of which one needs the other, or that may lie only so far apart.
    if error.get("param") in ("from", "to"):
        return None
    # The names of the time zones are a table of their own, and those of deeds a list that grows.
    if error.get("param") in ("time_zone", "action"):
        return None
    # A moment that lies in the future, or that must.
    if error.get("param") in ("since", "expires_at"):
        return None
    # What a blank and what a control character is, a table of Unicode's says: a name is neither all of the one nor
    # with any of the other.
    if error.get("code") == "parameter_invalid" and error.get("param") == "name":
        return None
    # To a schema 60.0 is an integer; the gateway asks for one that is spelled as one.
    if any(isinstance(mapping(case.body).get(name), float) for name in ("expires_in", "overlap", "rate_limit", "monthly_payments_max")):
        return None
    return positive_data_acceptance(ctx, response, case)


@schemathesis.check
def invalid_data_is_rejected(ctx, response, case):
    """As `negative_data_rejection`, but for what a schema calls invalid and the contract does not."""
    query = parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True)
    # An empty parameter is an absent one: forms send them.
    if any(value == "" for _, value in query):
        return None
    # What changes something by a key does not look at what users say.
    if any(name in OF_USERS for name, _ in query):
        return None
    # The URL standard takes more than RFC 3986, which is what `format: uri` means: https://größe.example/, say.
    for name in ("webhook_url", "return_url", "url"):
        url = mapping(case.body).get(name)
        if isinstance(url, str) and url.startswith("http") and not RFC_3986.fullmatch(url):
            return None
    return negative_data_rejection(ctx, response, case)


def error_of(response):
    try:
        return mapping(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return {}


def mapping(value):
    return value if isinstance(value, dict) else {}
