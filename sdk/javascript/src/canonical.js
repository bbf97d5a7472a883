'use strict';

/** Deeper than any event, and far from the end of the stack. */
const MAX_DEPTH = 32;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Canonical JSON (RFC 8785) of what JSON.parse gives: it sorts names by UTF-16 code units, as Array.sort does, and writes
 * numbers and strings as JSON.stringify does. Throws a TypeError for what no JSON text can mean.
 */
function canonicalize(value, depth = 0) {
  if (depth > MAX_DEPTH) throw new TypeError('too deep');
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value))
    return `[${Array.from(value, (item) => canonicalize(item, depth + 1)).join(',')}]`;
  if (!isPlainObject(value)) throw new TypeError('not JSON');
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${quote(name)}:${canonicalize(value[name], depth + 1)}`).join(',')}}`;
}

function quote(text) {
  if (LONE_SURROGATE.test(text)) throw new TypeError('a lone surrogate');
  return JSON.stringify(text);
}

/** Made by JSON.parse or a literal, here or in another realm; with neither symbols nor a class of its own. */
function isPlainObject(value) {
  if (typeof value !== 'object') return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

module.exports = { canonicalize };
