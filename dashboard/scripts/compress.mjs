// Lays a brotli and a gzip form beside every file that shrinks by it; the binary carries all three.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = new URL('../dist/assets/', import.meta.url);
const shrinks = /\.(js|css|svg)$/;

for (const name of readdirSync(folder).filter((name) => shrinks.test(name))) {
  const plain = readFileSync(new URL(name, folder));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const packed = { br: brotliCompressSync(plain, { params }), gz: gzipSync(plain, { level: 9 }) };
  for (const [ending, bytes] of Object.entries(packed)) {
    if (bytes.length < plain.length) writeFileSync(new URL(`${name}.${ending}`, folder), bytes);
  }
}
