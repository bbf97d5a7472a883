"""What schemathesis must know of the contract that a schema cannot say."""

import re
from urllib.parse import parse_qsl, urlsplit

import schemathesis
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
    # Which links were made, and which passwords everybody tries.
    "link_invalid",
    "password_too_common",
}


# By which a user says for which apps he asks. Whoever calls here has a key or nothing.
OF_USERS = ("app_id", "environment")


@schemathesis.hook
def map_query(ctx, query):
    """Keys do not say for which apps they ask."""
    return {name: value for name, value in query.items() if name not in OF_USERS} if query else query


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
    if error.get("code") == "parameter_invalid" and error.get("param") in ("endpoint_id", "payment_id"):
        return None
    # What is an address of somebody, `format: email` tells too generously and a pattern not at all.
    if error.get("code") == "parameter_invalid" and error.get("param") == "email":
        return None
    # Two moments of which one needs the other, or that may lie only so far apart.
    if error.get("param") in ("from", "to"):
        return None
    # The names of the time zones are a table of their own.
    if error.get("param") == "time_zone":
        return None
    # A moment that lies in the future.
    if error.get("code") == "parameter_invalid" and error.get("param") == "since":
        return None
    # To a schema 60.0 is an integer; the gateway asks for one that is spelled as one.
    if any(isinstance(mapping(case.body).get(name), float) for name in ("expires_in", "overlap")):
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
