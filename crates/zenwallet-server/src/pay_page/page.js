// The payer's page, alive. The server renders everything; this follows the payment and asks for what the page shows now.
'use strict';
(() => {
  const find = (what, within = document) => within.querySelector(what);
  const said = find('#said'), offline = find('#offline'), page = said.dataset.page;
  const id = page.split('/').pop();
  const status = () => find('[data-status]').dataset.status;
  const waits = () => status() === 'PENDING';
  const get = (path) => fetch(path, { cache: 'no-store', signal: AbortSignal.timeout?.(8000) });
  let due = 0, calm = 0, lastLeft = 0, asked = -1000; // in ms of performance.now()
  let busy = false, live = false, tries = 0, returning;

  const say = (words) => { said.textContent = ''; setTimeout(() => { said.textContent = words; }, 50); };
  const lost = (is) => { offline.hidden = !is; };

  // ── what the page shows ──
  // Moments come in UTC; people read their own time.
  function localise() {
    for (const time of document.querySelectorAll('main time:not([title])')) {
      const at = new Date(time.dateTime), isToday = at.toDateString() === new Date().toDateString();
      time.title = time.textContent;
      time.textContent = at.toLocaleString(navigator.language, { dateStyle: isToday && waits() ? undefined : 'medium', timeStyle: 'medium' });
    }
  }

  function arm() {
    const expires = find('[data-left]');
    localise();
    if (!expires) return;
    due = performance.now() + Number(expires.dataset.left);
    calm = Number(expires.dataset.calm || 0);
    lastLeft = Math.ceil(Number(expires.dataset.left) / 1000);
  }

  function show(html, what = 'main') {
    if (!waits()) return; // An older answer comes late.
    const fresh = new DOMParser().parseFromString(html, 'text/html');
    const old = find(what), next = find(what, fresh);
    if (!next || find('#said', fresh)?.dataset.page !== page) throw new Error('not this payment');
    const before = status(), focused = busy || find('main').contains(document.activeElement);
    old.replaceWith(next);
    document.title = fresh.title;
    find('link[rel=icon]').href = find('link[rel=icon]', fresh).href;
    arm();
    if (status() === before) return;
    const headline = find('[data-status]');
    say(headline.textContent);
    if (focused) headline.focus({ preventScroll: true });
    scrollTo(0, 0);
    startReturn();
  }

  async function refresh(what) {
    if (busy || performance.now() - asked < 1000) return;
    asked = performance.now();
    const answer = await get(page);
    if (!answer.ok) throw new Error('not now');
    const html = await answer.text();
    // Waiting for the answer, somebody may have pressed a button.
    if (!busy) show(html, what && html.includes('data-left') ? what : 'main');
    lost(false);
  }
  const tryRefresh = (what) => refresh(what).catch(() => lost(true));

  // ── the time left, by the server's clock ──
  function tick() {
    if (!waits()) return;
    const ms = due - performance.now(), left = Math.max(0, Math.ceil(ms / 1000));
    for (const mark of [300, 60, 0]) if (lastLeft > mark && left <= mark) say(said.getAttribute(`data-left-${mark}`));
    const timer = find('[role=timer]');
    if (timer && left < 3600) {
      find('[data-clock]').textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
      timer.classList.toggle('urgent', left < 60);
    }
    const isDue = ms <= 0, minute = timer && left >= 3600 && left % 60 === 0 && left !== lastLeft;
    lastLeft = left;
    if (isDue) tryRefresh();
    else if (minute || (calm && ms <= calm)) tryRefresh('.expires');
  }

  // ── the state: told by the socket, asked for without it ──
  async function ask() {
    if (!waits() || busy) return;
    try {
      const answer = await get(`${page}/status`);
      if (!answer.ok) throw new Error('not now');
      const now = await answer.json(), by = performance.now() + now.remaining_s * 1000;
      if (now.status !== status()) return await refresh();
      if (Math.abs(by - due) > 1500) due = by;
      lost(false);
    } catch { lost(true); }
  }

  // Socket.IO 4 over a WebSocket, as far as a listener needs it.
  function follow() {
    if (!waits()) return;
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`);
    let silence = 10000, patience;
    const alive = () => { clearTimeout(patience); patience = setTimeout(() => socket.close(), silence); };
    alive();
    socket.onmessage = ({ data }) => {
      if (data[0] === '0') {
        const { pingInterval, pingTimeout } = JSON.parse(data.slice(1));
        silence = pingInterval + pingTimeout;
        socket.send(`40/pay,${JSON.stringify({ paymentId: id })}`);
      } else if (data === '2') socket.send('3');
      else if (data.startsWith('40/pay')) { live = true; tries = 0; lost(false); }
      else if (data.startsWith('42/pay,')) {
        const told = JSON.parse(data.slice(7))[1];
        if (told?.status && told.status !== status()) { asked = -1000; tryRefresh(); }
      } else if (data[0] === '1' || data.startsWith('41') || data.startsWith('44')) socket.close();
      alive();
    };
    socket.onclose = () => {
      clearTimeout(patience);
      live = false;
      setTimeout(follow, Math.min(30000, 1000 * 2 ** tries++) * (0.5 + Math.random() / 2));
    };
  }

  // ── back to the app ──
  function startReturn() {
    const line = find('.returning'), link = find('[data-testid=return-link]');
    if (!line || !link || returning) return;
    const seconds = find('[data-returns]', line);
    let left = Number(seconds.textContent);
    line.hidden = false;
    returning = setInterval(() => {
      seconds.textContent = Math.max(0, --left);
      if (left > 0) return;
      clearInterval(returning);
      location.assign(link.href);
    }, 1000);
  }

  // ── what people press ──
  addEventListener('submit', async (event) => {
    const form = event.target, button = event.submitter;
    if (!button) return; // A browser that does not say what was pressed sends the form itself.
    event.preventDefault();
    if (busy) return;
    busy = true;
    const body = new URLSearchParams(new FormData(form));
    if (button.name) body.append(button.name, button.value);
    const controls = [...document.querySelectorAll('form button, form select')];
    for (const control of controls) control.disabled = true;
    button.classList.add('busy');
    button.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(form.action, { method: 'POST', body, signal: AbortSignal.timeout?.(15000) });
      if (answer.status >= 500) throw new Error('not now');
      show(await answer.text());
      lost(false);
    } catch {
      lost(true); // What came of it, asking tells.
    }
    busy = false;
    button.classList.remove('busy');
    button.removeAttribute('aria-busy');
    for (const control of controls) control.disabled = false;
    if (!button.isConnected) return;
    button.focus();
    ask();
  });

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch { // No clipboard without https.
      const field = document.createElement('textarea');
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand('copy');
      field.remove();
      button.focus();
      if (!done) return;
    }
    button.classList.add('done');
    say(button.dataset.done);
    setTimeout(() => button.classList.remove('done'), 2000);
  }

  addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if ('copy' in button.dataset) copy(button);
    else if ('print' in button.dataset) print();
    else if ('stay' in button.dataset) {
      clearInterval(returning);
      find('.returning').hidden = true;
      find('[data-testid=return-link]').focus();
    }
  });
  addEventListener('offline', () => lost(waits()));
  addEventListener('online', ask);
  addEventListener('pageshow', (event) => { if (event.persisted) ask(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) ask(); });

  document.documentElement.classList.add('live');
  arm();
  follow();
  setInterval(tick, 250);
  setInterval(() => { if (!live && !document.hidden) ask(); }, 2000);
})();
