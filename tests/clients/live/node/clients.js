// Real clients of Node, told by lines of JSON what to do: node clients.js DIRECTORY
//
// Each writes what it is told of into DIRECTORY/ID: `event SEQ JSON` with the very bytes that came, or `WORD JSON`. A
// socket's bytes are taken from its engine, and the program is told of the same: otherwise the line says `spoiled`.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const readline = require('node:readline');
const { isDeepStrictEqual } = require('node:util');
const { io } = require('socket.io-client');
const { EventSource } = require('eventsource');

const directory = process.argv[2];
const open = new Map();

function journal(id) {
  const file = fs.createWriteStream(`${directory}/${id}`);
  const write = (word, value) => file.write(`${word} ${JSON.stringify(value)}\n`);
  return { write, event: (seq, text) => file.write(`event ${seq} ${text}\n`) };
}

// An app's socket: goes on from the last event whenever it connects.
function socket({ id, url, key, after = null, auth, namespace = '/', options = {} }) {
  const { write, event } = journal(id);
  let last = after;
  const given = auth === undefined ? (send) => send(last === null ? { apiKey: key } : { apiKey: key, afterSeq: last }) : auth;
  const client = io(url + namespace, { forceNew: true, reconnectionDelay: 200, reconnectionDelayMax: 500, auth: given, ...options });
  let came = [];
  const spellings = (text) => text.startsWith('2[') && came.push(text.slice(1));
  client.io.on('open', () => {
    came = [];
    const { engine } = client.io;
    engine.on('data', spellings);
    engine.on('upgrade', (transport) => write('upgrade', transport.name));
    write('open', engine.transport.name);
  });
  client.on('connect', () => write('connect', client.io.engine.transport.name));
  client.on('disconnect', (reason) => write('disconnect', reason));
  client.on('connect_error', (error) => write('connect_error', { message: error.message, again: client.active, status: error.context?.status, type: error.type }));
  client.onAny((name, argument) => {
    const text = namespace === '/' ? came.shift() : undefined;
    if (name === 'ready') last ??= argument.after_seq;
    if (argument?.seq === undefined || text === undefined) return write(name, argument);
    last = argument.seq;
    const [bytesName, bytes] = [JSON.parse(text)[0], text.slice(text.indexOf(',') + 1, -1)];
    const isSame = bytesName === name && argument.type === name && isDeepStrictEqual(JSON.parse(bytes), argument);
    return isSame ? event(argument.seq, bytes) : write('spoiled', [name, argument, text]);
  });
  return () => client.disconnect();
}

// An EventSource with the key as its header.
function source({ id, url, key, types }) {
  const { write, event } = journal(id);
  const headers = { Authorization: `Bearer ${key}` };
  const client = new EventSource(url, { fetch: (to, init) => fetch(to, { ...init, headers: { ...init.headers, ...headers } }) });
  client.onopen = () => write('connect', 'sse');
  client.onerror = (error) => write('error', { code: error.code ?? null, closed: client.readyState === client.CLOSED });
  for (const type of types) {
    client.addEventListener(type, ({ data, lastEventId }) => {
      const { seq, type: named } = JSON.parse(data);
      if (String(seq) === lastEventId && named === type) event(seq, data);
      else write('spoiled', [type, lastEventId, data]);
    });
  }
  client.addEventListener('stream.end', ({ data }) => write('stream.end', JSON.parse(data)));
  return () => client.close();
}

// A way on which websockets are slow to open, as over long lines.
function slowProxy({ id, port, delay }) {
  const { write } = journal(id);
  const server = net.createServer((client) => {
    const there = net.connect(port, '127.0.0.1');
    client.once('data', (first) => {
      const wait = first.includes('transport=websocket') ? delay : 0;
      client.pause();
      setTimeout(() => {
        there.write(first);
        client.pipe(there);
      }, wait);
    });
    there.pipe(client);
    for (const [one, other] of [[client, there], [there, client]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      one.setNoDelay(true);
    }
  });
  server.listen(0, '127.0.0.1', () => write('port', server.address().port));
  return () => server.close();
}

const kinds = { socket, source, slowProxy };
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { open: kind, close, ...given } = JSON.parse(line);
  if (kind) open.set(given.id, kinds[kind](given));
  else open.get(close)();
}).on('close', () => process.exit(0));
