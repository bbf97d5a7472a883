"""What is secret, where it may stand, and a search for all of it everywhere else."""

import base64
import binascii

# The one place where each of these is meant to be read.
MEANT = {("setup token", "stdout"), ("endpoint header", "webhooks")}
# How long a run of bytes must be to be somebody's secret.
SHORTEST = 8


class Ledger:
    """Every secret by its spellings, and every place that was kept."""

    def __init__(self):
        self.secrets, self.places = {}, []

    def add(self, name, text):
        """A secret as it is spelled; its hash or seal is another thing."""
        self._note(name, text.encode())
        if "-" in text and name == "recovery code":
            self._note(name, text.replace("-", "").encode())
        for prefix in ("sk_test_", "sk_live_", "zwr_", "zwl_", "whsec_"):
            if text.startswith(prefix):
                self._note(name, text[len(prefix) :].encode())
        return text

    def bytes(self, name, raw):
        """A secret that is bytes, and all that these are spelled as."""
        for spelled in (raw, binascii.hexlify(raw), base64.b64encode(raw), base64.urlsafe_b64encode(raw).rstrip(b"=")):
            self._note(name, spelled)

    def totp(self, secret):
        self._note("TOTP secret", secret.encode())
        self.bytes("TOTP secret", base64.b32decode(secret))

    def webhook_secret(self, secret):
        self.add("webhook secret", secret)
        self.bytes("webhook secret", base64.b64decode(secret.removeprefix("whsec_")))

    def grant(self, grant):
        """The tokens of somebody who was let in."""
        for name in ("access_token", "refresh_token"):
            self.add(name.replace("_", " "), grant[name])
        # The signature alone makes an access token of what everybody may know.
        self.add("access token", grant["access_token"].rsplit(".", 1)[1])
        return grant

    def _note(self, name, spelled):
        if len(spelled) >= SHORTEST:
            self.secrets[spelled] = name


def hits_in(known, place, kept):
    """What stands where it should not: [(name, spelling)]."""
    hits = [(name, spelled) for spelled, name in known.secrets.items() if spelled in kept and (name, place) not in MEANT]
    # pg_dump spells bytes as hex.
    return hits + [(f"{name} as hex", spelled) for spelled, name in known.secrets.items() if binascii.hexlify(spelled) in kept]


def search(known, check):
    """Looks for every secret in every place."""
    check("there are secrets to look for", len(known.secrets) > 150, len(known.secrets))
    # Whoever looks must be able to find, each of them and in either spelling.
    decoys = [b"line\n" * 9 + spelled + b"\n" for spelled in known.secrets]
    blind = [decoy for decoy in decoys if not hits_in(known, "decoy", decoy)]
    check("each of them is found where it is planted", not blind, blind[:3])
    sample = next(iter(known.secrets))
    check("as hex too", hits_in(known, "decoy", b"'\\x" + binascii.hexlify(sample) + b"'") != [])
    found = {}
    for place, kept in known.places:
        # A journal that was written back is empty.
        check(f"{place} holds something", len(kept) > 20 or place == "stopped: zenwallet.db-wal", len(kept))
        hits = hits_in(known, place, kept)
        for name, spelled in hits:
            at = max(kept.find(spelled), 0)
            found.setdefault((name, place), kept[max(0, at - 160) : at + 80])
        check(f"no secret in {place}", not hits, [name for name, _ in hits][:8])
    for (name, place), around in list(found.items())[:12]:
        print(f"      {name} in {place}: …{around!r}…", flush=True)
