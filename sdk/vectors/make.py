#!/usr/bin/env python3
"""Writes the vectors of the SDKs beside itself; with --check it only tells whether they are what it would write.

Nothing here comes from an SDK: the answers are worked out from the contract (../README.md) with Python's own library.
"""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import answers
import headers
import jcs
import signatures

HERE = Path(__file__).parent

# The examples of RFC 8785 and of its errata, and what its readers stumble over.
CANONICAL = {
    "literals": '{ "b" : [null,  true, false ], "a":{} }',
    "nothing in them": "[ ]",
    "a lone string": '"\\u0041"',
    "names by UTF-16": '{"\\u20ac":"Euro","\\r":"CR","\\ufb33":"Hebrew","1":"One","\\ud83d\\ude00":"Smile","\\u0080":"Control","\\u00f6":"o"}',
    "names like integers": '{"10":1,"9":2,"2":3,"a":4,"-1":5,"01":6,"":7,"1.5":8,"4294967295":9}',
    "names within names": '{"b":{"10":{"z":0,"y":0},"2":[{"d":1,"c":2}]},"a":[]}',
    "names of JavaScript": '{"toString":1,"__proto__":{"x":2},"constructor":3,"toJSON":4,"length":5,"hasOwnProperty":6}',
    "capitals": '{"b":1,"B":2,"a":3,"A":4,"_":5}',
    "escapes": '"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\\"\\\\\\/\\u007f\\u0080\\u2028\\u2029\\ufeff"',
    "beyond the plane": '"\\ud83c\\udf9f\\ufe0f and 支付"',
    "not normalized": '["e\\u0301","\\u00e9"]',
    "integers": "[0,-0,1,-1,10,100,500,9007199254740991,-9007199254740991,9999999999999.99]",
    "numbers of RFC 8785": "[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]",
    "where exponents begin": "[1e20,1e21,123456789012345680000,1e-6,1e-7,0.000001234,1.5e-9,1.5e21,-1e-7]",
    "the edges of a double": "[5e-324,2.2250738585072014e-308,1.7976931348623157e308,-5e-324]",
    "rounded to a double": "[9007199254740993,12345678901234567890,0.1,0.30000000000000004,1.0000000000000002,1e23]",
    "0.0 and 1.0": "[0.0,-0.0,1.0,1e0,100e-2,12.50]",
    "a lone high surrogate": '{"a":"\\ud800"}',
    "a lone low surrogate": '["\\udc00x"]',
    "a lone surrogate in a name": '{"\\udfff":1}',
}


def canonical():
    def expected(text):
        try:
            return jcs.canonical(text)
        except jcs.Refused:
            return None

    cases = [{"name": name, "json": text, "canonical": expected(text)} for name, text in CANONICAL.items()]
    by_name = {case["name"]: case["canonical"] for case in cases}
    # What RFC 8785 prints itself, so that the writer here answers to somebody too.
    assert by_name["numbers of RFC 8785"] == "[333333333.3333333,1e+30,4.5,0.002,1e-27]"
    assert by_name["names by UTF-16"] == '{"\\r":"CR","1":"One","\x80":"Control","ö":"o","€":"Euro","😀":"Smile","\ufb33":"Hebrew"}'
    return cases


def files():
    return {
        "signatures.json": [
            *signatures.contract(), *signatures.keys(), *signatures.tampering(), *signatures.clocks(),
            *headers.malformed_headers(), *headers.odd_headers(), *headers.header_maps(), *headers.secrets(),
            *headers.bodies(),
        ],
        "canonical.json": canonical(),
        "retries.json": answers.retries(),
        "errors.json": answers.errors(),
    }


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit("usage: make.py [--check]")
    differing = []
    for name, cases in files().items():
        names = [case["name"] for case in cases]
        assert len(names) == len(set(names)), f"{name}: a name comes twice"
        text = json.dumps(cases, ensure_ascii=True, indent=1) + "\n"
        path = HERE / name
        if not path.exists() or path.read_text() != text:
            differing.append(name)
            if not arguments:
                path.write_text(text)
        print(f"{name}: {len(cases)} cases")
    if arguments and differing:
        sys.exit(f"not what make.py writes: {', '.join(differing)}")


if __name__ == "__main__":
    main(sys.argv[1:])
