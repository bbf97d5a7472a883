"""What somebody would write into a webhook URL to reach the gateway's own network.

A door refuses an address when it is registered. A name can be registered, for its addresses may change; it is refused
at each attempt that finds it leading inside.
"""

from dataclasses import dataclass

PUBLIC, PUBLIC_6 = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"
ZONE = "lab.test"
OWN_ADDRESS, OWN_PORT = "10.9.9.9", 8080

FORBIDDEN, INVALID = "url_forbidden", "url_invalid"


@dataclass(frozen=True)
class Attack:
    """A URL and the codes that may refuse it."""

    url: str
    codes: tuple = (FORBIDDEN, INVALID)
    # Where a caller without a guard would arrive, if the kernel lets anybody.
    leads_to: str | None = None

    def over_https(self):
        """The same for an app that must use https."""
        head, _, rest = self.url.partition("://")
        return Attack(f"https://{rest}", self.codes) if head.lower() == "http" else self


def addresses():
    """Spellings of addresses, with the address that is meant."""
    loopback = """2130706433 0x7f.1 0177.0.0.1 127.1 127.0.1 127.0.0.1 0x7f000001 0X7F000001 017700000001
        0x7F.0x0.0x0.0x1 0177.0.0.01 127.000.000.001 00000177.1 127.0.0.1. 0x7f.1. ①②⑦.⓪.⓪.① 127。0。0。1
        127．0．0．1 127｡0｡0｡1 １２７.０.０.１ %31%32%37.0.0.1 127.0.0.%31 127%2E0.0.1 ⑫7.0.0.1 0.0.0.0 0 0x0 00 0.0
        localhost LOCALHOST localhost. loc%61lhost ｌocalhost ⓛⓞⓒⓐⓛⓗⓞⓢⓣ loc\u00adalhost a.localhost a.b.localhost."""
    yield from ((host, "127.0.0.1") for host in loopback.split())
    yield from {
        "127.127.127.127": "127.127.127.127",
        "127.255.255.254": "127.255.255.254",
        "0.1.2.3": "0.1.2.3",
        "10.0.0.1": "10.0.0.1",
        "167772161": "10.0.0.1",
        "012.1": "10.0.0.1",
        "10.255.255.255": "10.255.255.255",
        "172.16.0.1": "172.16.0.1",
        "172.31.255.255": "172.31.255.255",
        "192.168.1.1": "192.168.1.1",
        "3232235777": "192.168.1.1",
        "0xc0a80101": "192.168.1.1",
        "192.168.257": "192.168.1.1",
        "100.64.0.1": "100.64.0.1",
        "192.0.0.1": "192.0.0.1",
        "192.0.2.1": "192.0.2.1",
        "192.88.99.1": "192.88.99.1",
        "198.18.0.1": "198.18.0.1",
        "198.19.255.255": "198.19.255.255",
        "198.51.100.1": "198.51.100.1",
        "203.0.113.1": "203.0.113.1",
        "240.0.0.1": "240.0.0.1",
        "224.0.0.1": None,
        "239.255.255.255": None,
        "255.255.255.255": None,
        "0xffffffff": None,
        "[::]": "::1",
        "[::1]": "::1",
        "[0:0:0:0:0:0:0:1]": "::1",
        "[0000:0000:0000:0000:0000:0000:0000:0001]": "::1",
        "[::ffff:127.0.0.1]": "127.0.0.1",
        "[::ffff:7f00:1]": "127.0.0.1",
        "[::FFFF:127.0.0.1]": "127.0.0.1",
        "[0:0:0:0:0:ffff:127.0.0.1]": "127.0.0.1",
        "[::ffff:10.0.0.1]": "10.0.0.1",
        "[::ffff:0.0.0.0]": "127.0.0.1",
        "[::127.0.0.1]": "::7f00:1",
        "[::7f00:1]": "::7f00:1",
        "[::10.0.0.1]": "::a00:1",
        "[::ffff:0:127.0.0.1]": "::ffff:0:7f00:1",
        "[64:ff9b::127.0.0.1]": "64:ff9b::7f00:1",
        "[64:ff9b::7f00:1]": "64:ff9b::7f00:1",
        "[64:ff9b::a00:1]": "64:ff9b::a00:1",
        "[64:ff9b:1::7f00:1]": "64:ff9b:1::7f00:1",
        "[2002:7f00:1::]": "2002:7f00:1::",
        "[2002:c0a8:101::1]": "2002:c0a8:101::1",
        "[2001::1]": "2001::1",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]": "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "[2001:db8::1]": "2001:db8::1",
        "[100::1]": "100::1",
        "[3fff::1]": "3fff::1",
        "[5f00::1]": "5f00::1",
        "[fc00::1]": "fc00::1",
        "[fd00::1]": "fd00::1",
        "[fec0::1]": "fec0::1",
        "[fe80::1]": None,
        "[febf::1]": None,
        "[fe80::1%25lo]": None,
        "[fe80::1%lo]": None,
        "[fe80::1%25eth0]": None,
        "[::1%25lo]": None,
        "[ff02::1]": None,
        "[127.0.0.1]": None,
        "[::1": None,
        "[::1]]": None,
    }.items()


# Cloud machines hand out credentials there: closed whatever the operator opens.
METADATA = """169.254.169.254 2852039166 0xA9FEA9FE 0251.0376.0251.0376 169.254.43518 169.254.169.254.
    ①⑥⑨.②⑤④.①⑥⑨.②⑤④ [::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [::a9fe:a9fe] [fd00:ec2::254]
    169.254.170.2 169.254.170.23 168.63.129.16 0xa83f8110 100.100.100.200 192.0.0.192 [fd20:ce::254]
    [64:ff9b::a9fe:a9fe] [64:ff9b:1::a9fe:a9fe] [2002:a9fe:a9fe::] [::ffff:0:a9fe:a9fe] [64:ff9b::a83f:8110]""".split()

# Ports of machines, not of receivers of webhooks, closed on every address.
PORTS = (22, 25, 53, 110, 3306, 5432, 6379, 11211, 27017)

SCHEMES = """file:///etc/passwd file://127.0.0.1/etc/passwd gopher://127.0.0.1:6379/_INFO ftp://127.0.0.1/ ws://127.0.0.1/
    wss://127.0.0.1/ data:text/plain,x dict://127.0.0.1:11211/stats ldap://127.0.0.1/ tftp://127.0.0.1/x
    jar:http://127.0.0.1!/ javascript:alert(1) unix:///run/docker.sock http+unix://%2Frun%2Fdocker.sock/x
    netdoc:///etc/passwd about:blank mailto:a@127.0.0.1 //127.0.0.1/ 127.0.0.1 /hook""".split()

# What one reader of a URL takes for the host, another takes for something else.
TWO_READINGS = [
    "http://user@127.0.0.1/",
    "http://user:secret@127.0.0.1/",
    f"http://user:secret@{PUBLIC}/",
    f"http://@{PUBLIC}/",
    f"http://{PUBLIC}@127.0.0.1/",
    f"http://127.0.0.1@{PUBLIC}/",
    f"http://{PUBLIC}%40127.0.0.1/",
    f"http://{PUBLIC}\\@127.0.0.1/",
    f"http://127.0.0.1\\@{PUBLIC}/",
    f"http://{PUBLIC}:80\\@127.0.0.1/",
    f"http://{PUBLIC}#@127.0.0.1/",
    f"http://{PUBLIC}/#x",
    f"http://127.0.0.1#@{PUBLIC}/",
    f"http://127.0.0.1?@{PUBLIC}/",
    "http:///127.0.0.1/",
    "http:/127.0.0.1/",
    "http:127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "http://////127.0.0.1/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:-1/",
    f"http://{PUBLIC}:0/",
    "http://",
    "http:// 127.0.0.1/",
    " http://127.0.0.1/",
    "http://127.0.0.1 /",
    f"http://{PUBLIC} @127.0.0.1/",
    "ht\ntp://127.0.0.1/",
    "http://127.0\n.0.1/",
    "http://127.0.0.1\t/",
    "\thttp://127.0.0.1/",
    "http://127.0.0.1\r\n/",
    f"http://{PUBLIC}/\r\nHost: 127.0.0.1\r\n\r\n",
    f"http://{PUBLIC}\r\nX-A: b/",
    f"http://{PUBLIC}/ HTTP/1.1\r\nA: b",
    f"http://{PUBLIC}/\u2028a",
    f"http://{PUBLIC}\u3000/",
    "http://127.0.0.1\u200b/",
    f"http://{PUBLIC}/\x7f",
    "http://localhost%00.lab.test/",
    "http://127.0.0.1%00.lab.test/",
    "http://127.0.0.1%0d%0a.lab.test/",
    "http://127.0.0.1%2f.lab.test/",
    "http://a..lab.test/",
    "http://*.lab.test/",
    "http://a b.lab.test/",
    "",
]
WITH_NUL = [f"http://{PUBLIC}/\0", "http://127.0.0.1\0.lab.test/"]


def doors():
    """URLs that must not come past a registration."""
    for host, address in addresses():
        yield Attack(f"http://{host}/hook", leads_to=address)
    yield from (Attack(f"http://{host}/latest/meta-data/iam/") for host in METADATA)
    yield from (Attack(f"http://127.0.0.1:{port}/") for port in (*PORTS, 8000, 9000))
    yield from (Attack(f"http://{PUBLIC}:{port}/") for port in PORTS)
    yield from (Attack(f"http://{host}:{OWN_PORT}/api/payments") for host in (OWN_ADDRESS, "10.592137", "168364297"))
    yield from (Attack(url) for url in ("HTTP://127.0.0.1/", "hTtP://[::1]/", "http://127.0.0.1:/", "http://127.0.0.1"))
    yield from (Attack(url) for url in (*SCHEMES, *TWO_READINGS))
    yield from (Attack(url, (INVALID, "string_invalid")) for url in WITH_NUL)
    too_long = (INVALID, "parameter_too_long", "string_too_long")
    yield Attack(f"http://{PUBLIC}/{'a' * 8_192}", too_long)
    yield Attack(f"http://{'a.' * 4_096}lab.test/", too_long)
    yield Attack(f"http://{'a' * 64}.lab.test/")


class Names:
    """Names that lead inside, and the zone that makes them do so: name → record type → answers."""

    def __init__(self):
        self.zone, self.attacks = {}, []
        every = """127.0.0.1 127.9.9.9 0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 169.254.169.254 172.16.0.1 192.0.0.1
            192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255
            :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1
            2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1"""
        for address in every.split():
            self.add(f"{address.replace('.', '-').replace(':', 'x')}.to.{ZONE}", [address])
        for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254"):
            self.add(f"{address}.nip.{ZONE}", [address])  # as nip.io does
        self.add(f"mixed-first.{ZONE}", ["127.0.0.1", PUBLIC])
        self.add(f"mixed-last.{ZONE}", [PUBLIC, "10.0.0.1"])
        self.add(f"mixed-many.{ZONE}", [PUBLIC] * 7 + ["192.168.1.1"])
        self.add(f"mixed-6.{ZONE}", [PUBLIC, PUBLIC_6, "::1"])
        self.add(f"mixed-4.{ZONE}", [PUBLIC_6, "10.0.0.1"])
        self.add(f"chain.{ZONE}", cname=f"chain-2.{ZONE}")
        self.set(f"chain-2.{ZONE}", cname=f"chain-3.{ZONE}")
        self.set(f"chain-3.{ZONE}", cname=f"127-0-0-1.to.{ZONE}")
        self.add(f"chain-local.{ZONE}", cname="localhost")
        self.set("localhost", ["127.0.0.1"])
        self.add("metadata.google.internal", ["169.254.169.254"])
        self.add("metadata", ["169.254.169.254"])
        self.add("intranet", [])  # the hosts file knows it
        self.add(f"dotted.{ZONE}", ["127.0.0.1"], host=f"dotted.{ZONE}.")
        self.add(f"upper.{ZONE}", ["127.0.0.1"], host=f"UPPER.{ZONE.upper()}")
        look_alike = "l\u043ecalhost.test"  # with a Cyrillic o
        self.add(look_alike.encode("idna").decode(), ["127.0.0.1"])
        self.add(look_alike.encode("idna").decode(), ["127.0.0.1"], host=look_alike)
        self.add(f"own.{ZONE}", [OWN_ADDRESS], host=f"own.{ZONE}:{OWN_PORT}")
        self.add(f"redis.{ZONE}", ["127.0.0.1"], host=f"redis.{ZONE}:8000")
        self.unresolved = {f"{name}.{ZONE}" for name in ("absent", "empty", "broken", "loop")}
        self.add(f"absent.{ZONE}", rcode=3)
        self.add(f"empty.{ZONE}", [])
        self.add(f"broken.{ZONE}", rcode=2)
        self.add(f"loop.{ZONE}", cname=f"loop.{ZONE}")

    def set(self, name, answers=(), cname=None, rcode=0, sequence=None):
        """What the zone says; a sequence is gone through, and then round again when it ends with `...`."""
        self.zone[name] = {"answers": list(answers), "cname": cname, "rcode": rcode, "sequence": sequence}

    def add(self, name, answers=(), host=None, **more):
        self.set(name, answers, **more)
        self.attacks.append(Attack(f"http://{host or name}/hook"))
