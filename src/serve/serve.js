// The pages of `tamis serve`: fragments that Rust rendered, the filter, and the questions. Every request carries the word that the
// address brought; there are no cookies.
// @ts-check
'use strict';
(() => {
  /** @type {(id: string) => any} */
  const by = (id) => document.getElementById(id);
  /** @type {[string, string][]} */
  const words = JSON.parse(by('words').textContent);
  const root = document.documentElement;
  const side = () => (root.lang === 'ko' ? 1 : 0);
  /** A text by its English, with what differs. @param {string} en @param {any[]} of */
  const say = (en, ...of) => of.reduce((t, a) => t.replace('{}', () => String(a)), (words.find((w) => w[0] === en) || [en, en])[side()]);
  const main = by('main'), news = by('news');
  /** @param {string} tag @param {Record<string, string>} attributes @param {(Node | string)[]} content */
  function make(tag, attributes, ...content) {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    e.append(...content);
    return e;
  }

  // ---- the word of this server ----------------------------------------------------------------------------------------
  const brought = /[#&]token=([0-9a-f]{32})/.exec(location.hash);
  if (brought) {
    sessionStorage.setItem('token', brought[1]);
    history.replaceState(null, '', location.pathname + '#/review');
  }
  const token = sessionStorage.getItem('token') || '';
  /** @type {any} */
  let state = null;

  /** @param {string} path @param {RequestInit} [init] */
  async function ask(path, init = {}) {
    let answer;
    try {
      answer = await fetch(path, { ...init, cache: 'no-store', headers: { ...init.headers, Authorization: 'Bearer ' + token } });
    } catch {
      tell(say('The server does not answer. What was decided is on disk.'), true);
      throw new Error('lost');
    }
    if (answer.status === 401) {
      lock();
      throw new Error('locked');
    }
    const kind = answer.headers.get('content-type') || '';
    const body = kind.startsWith('application/json') ? await answer.json() : await answer.text();
    return { status: answer.status, body, build: Number(answer.headers.get('tamis-build')) };
  }
  function lock() {
    main.replaceChildren(make('h2', {}, 'tamis serve'), make('p', {}, say('This page is locked: open the address that tamis serve printed.')));
  }
  /** Work that nobody waits for: that the server is gone, or the page locked, was told already. @param {Promise<any>} work */
  function later(work) {
    work.catch((e) => { if (!['lost', 'locked'].includes(e.message)) throw e; });
  }
  /** @param {string} text @param {boolean} [bad] */
  function tell(text, bad) {
    news.replaceChildren(make('span', { class: bad ? 'bad' : 'ok' }, text));
  }
  /** @param {Record<string, string>} of */
  const query = (of) => '?' + new URLSearchParams({ ...of, lang: root.lang === 'ko' ? 'ko' : 'en' });

  // ---- languages, theme ------------------------------------------------------------------------------------------------
  /** @param {ParentNode} within */
  function speak(within) {
    for (const e of within.querySelectorAll('[data-w]')) {
      const d = /** @type {HTMLElement} */ (e).dataset;
      const of = d.a ? JSON.parse(d.a) : [];
      e.textContent = of.reduce((/** @type {string} */ t, /** @type {any} */ a) => t.replace('{}', () => String(a)), words[Number(d.w)][side()]);
    }
    for (const e of within.querySelectorAll('[data-ko]')) e.textContent = e.getAttribute(side() ? 'data-ko' : 'data-en');
    for (const e of within.querySelectorAll('[data-wl]')) e.setAttribute('aria-label', words[Number(/** @type {HTMLElement} */ (e).dataset.wl)][side()]);
  }
  document.querySelector('.controls')?.removeAttribute('hidden');
  by('theme').addEventListener('click', theme);
  function theme() {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  }
  by('lang').addEventListener('click', () => {
    root.lang = root.lang === 'ko' ? 'en' : 'ko';
    by('lang').lang = root.lang === 'ko' ? 'en' : 'ko';
    speak(document);
    void show();
  });
  let keys = true;
  by('keys').addEventListener('click', () => {
    keys = !keys;
    by('keys').setAttribute('aria-pressed', String(keys));
    by('help').textContent = keys ? '' : say('Keys are off.');
  });

  // ---- fragments -------------------------------------------------------------------------------------------------------
  /** Pictures are fetched with the word and shown from memory. @param {ParentNode} within */
  function pictures(within) {
    for (const img of within.querySelectorAll('img[data-blob]')) {
      const seen = new IntersectionObserver((all, self) => {
        if (!all.some((e) => e.isIntersecting)) return;
        self.disconnect();
        void picture(/** @type {HTMLImageElement} */ (img));
      }, { rootMargin: '400px' });
      seen.observe(img);
    }
  }
  /** @param {HTMLImageElement} img */
  async function picture(img) {
    const answer = await fetch(`/blob/${img.dataset.blob}?side=1024`, { headers: { Authorization: 'Bearer ' + token } });
    if (!answer.ok) return;
    const url = URL.createObjectURL(await answer.blob());
    img.addEventListener('load', () => URL.revokeObjectURL(url), { once: true });
    img.src = url;
  }
  /** Rust wrote it, with all of the user's text escaped. @param {string} html */
  function fragment(html) {
    const template = document.createElement('template');
    template.innerHTML = html;
    return template.content;
  }
  let shows = 0;
  /** The page that the address names. */
  async function show() {
    const mine = ++shows;
    main.removeAttribute('data-shown');
    const [path, rest] = location.hash.replace(/^#\/?/, '').split('?');
    const name = path || 'review';
    for (const a of document.querySelectorAll('nav a')) {
      if (a.getAttribute('href') === '#/' + name) a.setAttribute('aria-current', 'page');
      else a.removeAttribute('aria-current');
    }
    try {
      if (name === 'review' || name === 'samples') {
        await (name === 'review' ? review : samples)(mine, new URLSearchParams(rest || ''));
        if (mine === shows) main.setAttribute('data-shown', name);
        return;
      }
      const own = ['sample', 'changes'].includes(name);
      const address = own ? `/${name}` + query(Object.fromEntries(new URLSearchParams(rest || ''))) : `/view/${encodeURIComponent(name)}${query({})}`;
      const { status, body } = await ask(address);
      if (mine !== shows) return;
      if (status !== 200) return main.replaceChildren(make('p', { class: 'bad' }, body.error || String(status)));
      main.replaceChildren(fragment(body));
      pictures(main);
      by('sides')?.addEventListener('submit', (/** @type {Event} */ e) => {
        e.preventDefault();
        location.hash = '#/changes?' + new URLSearchParams({ a: by('a').value, b: by('b').value });
      });
      for (const a of main.querySelectorAll('a[href^="#"]:not([href^="#/"])')) a.removeAttribute('href');
      main.setAttribute('data-shown', name);
    } catch (e) {
      if (!['lost', 'locked'].includes(/** @type {Error} */ (e).message)) throw e;
    }
  }

  // ---- samples ---------------------------------------------------------------------------------------------------------
  /** @param {string} page @param {string} value */
  function filter(page, value) {
    const input = /** @type {HTMLInputElement} */ (make('input', { id: 'q', type: 'search', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'hint' }));
    input.value = value;
    const hint = words.find((w) => w[0].startsWith('split:'));
    const form = make('form', { role: 'search', id: 'filter' }, make('label', { for: 'q' }, say('Filter')), input, make('p', { id: 'hint', class: 'dim' }, make('code', {}, hint ? hint[side()] : '')));
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      location.hash = `/${page}` + (input.value ? '?q=' + encodeURIComponent(input.value) : '');
    });
    return form;
  }
  /** @param {number} mine @param {URLSearchParams} of */
  async function samples(mine, of) {
    const q = of.get('q') || '';
    const told = make('p', { id: 'matches', role: 'status', class: 'dim' });
    const cards = make('div', { id: 'cards' });
    const more = make('button', { type: 'button', id: 'more', hidden: '' }, say('Show more'));
    main.replaceChildren(make('section', { id: 'samples', 'aria-labelledby': 'h-samples' }, make('h2', { id: 'h-samples' }, say('Samples')), filter('samples', q), told, cards, make('p', {}, more)));
    let after = '';
    const load = async () => {
      const { status, body } = await ask('/samples' + query(after ? { q, after } : { q }));
      if (mine !== shows) return;
      if (status !== 200) {
        by('q').setAttribute('aria-invalid', 'true');
        told.textContent = say('Not a filter: {}', body.error);
        return;
      }
      if (!after) told.textContent = say(body.all ? '{} samples' : 'at least {} samples', body.count.toLocaleString('en'));
      const before = cards.children.length;
      cards.append(fragment(body.html));
      pictures(cards);
      after = body.next || '';
      more.hidden = !after;
      if (before) /** @type {HTMLElement | undefined} */ (cards.children[before])?.focus();
    };
    more.addEventListener('click', () => later(load()));
    await load();
  }

  // ---- questions -------------------------------------------------------------------------------------------------------
  /** @type {{ items: { key: string, step: string }[], digest: string, path: string, waiting: number, build: number, done: number, unbuilt: number }} */
  let queue = { items: [], digest: '', path: '', waiting: 0, build: 0, done: 0, unbuilt: 0 };
  /** Questions that were put off, in this page. @type {Set<string>} */
  const skipped = new Set();
  let note = '', busy = false, filterOf = '';
  /** How often something was decided, put off or taken back here; and that what waits is to be read once that is done. */
  let turn = 0, stale = false;
  /** The next question, asked for while the present one is read. @type {{ key: string, html: Promise<any> } | null} */
  let ahead = null;

  /** @param {number} mine @param {URLSearchParams} of */
  async function review(mine, of) {
    filterOf = of.get('q') || '';
    main.replaceChildren(make('section', { id: 'review', 'aria-labelledby': 'h-review' },
      make('h2', { id: 'h-review' }, say('Review')), make('p', { id: 'progress', class: 'dim', role: 'status' }), redo(), make('p', { id: 'unread', class: 'bad', hidden: '' }), make('div', { id: 'asked' }), filter('review', filterOf)));
    if (!(await refresh())) return;
    if (mine === shows) await next();
  }
  /** Asks what a build would do, and does nothing. */
  function redo() {
    const b = make('button', { type: 'button', id: 'redo', hidden: '' }, say('what would a build do?'));
    const plan = async () => {
      const { status, body } = await ask('/build', { method: 'POST', body: '{"dry_run":true}', headers: { 'Content-Type': 'application/json' } });
      if (status !== 200) return tell(body.error, true);
      tell(say('A build would run {} tasks of {} steps: {}', body.tasks.toLocaleString('en'), body.steps.length, body.steps.map((/** @type {any} */ s) => s.step).join(', ')));
    };
    b.addEventListener('click', () => later(plan()));
    return b;
  }
  /** Reads what waits. An answer that was asked for `meanwhile` is not taken while a decision is on its way, nor if it is older than one:
   * it would be counted twice, or not at all. @param {boolean} [meanwhile] @returns {Promise<boolean>} */
  async function refresh(meanwhile) {
    const was = turn;
    const { status, body } = await ask('/queue' + query({ q: filterOf }));
    if (meanwhile && busy) {
      stale = true;
      return false;
    }
    if (meanwhile && was !== turn) return refresh(true);
    if (status !== 200) {
      by('asked')?.replaceChildren(make('p', { class: 'bad' }, status === 422 ? say('Not a filter: {}', body.error) : body.error));
      return false;
    }
    queue = body;
    count();
    return true;
  }
  function count() {
    const chip = by('waiting');
    chip.hidden = queue.waiting === 0;
    chip.textContent = queue.waiting.toLocaleString('en');
    const at = by('progress');
    if (at) at.textContent = say('{} decided, {} wait', queue.done.toLocaleString('en'), queue.waiting.toLocaleString('en')) + (queue.path && state?.by ? ` · ${queue.path}` : '') + (queue.unbuilt && !state?.watch ? ` · ${say('{} decisions are not built yet: tamis build', queue.unbuilt)}` : '');
    const redo = by('redo');
    if (redo) redo.hidden = !(queue.unbuilt && !state?.watch);
    const unread = by('unread');
    if (unread) {
      unread.hidden = !state?.unread;
      unread.textContent = state?.unread ? say('dataset.toml does not read them: [review] files = ["reviews/*.jsonl"]') : '';
    }
  }
  const open = () => queue.items.filter((item) => !skipped.has(item.key));
  /** Shows the first question that is open, or one that is named. @param {string} [key] */
  async function next(key) {
    const at = by('asked');
    if (!at) return;
    const item = key ? { key } : open()[0];
    if (!item) {
      if (queue.waiting > queue.items.length && queue.items.length < 500 && (await refresh()) && open().length) return next();
      const left = queue.items.length;
      at.replaceChildren(make('p', { class: 'state ok' }, say(left ? '{} were skipped and still wait.' : 'Nothing waits for a decision.', left)));
      const acts = make('div', { class: 'acts' });
      if (left) {
        const again = make('button', { type: 'button' }, say('ask again'));
        again.addEventListener('click', () => { skipped.clear(); later(next()); });
        acts.append(again);
      }
      const back = make('button', { type: 'button', 'data-act': 'undo' }, make('kbd', {}, 'u'), ' ' + say('undo'));
      back.addEventListener('click', () => void undo());
      acts.append(back);
      if (state?.by) at.append(acts);
      return;
    }
    const { status, body } = ahead?.key === item.key ? await ahead.html : await ask('/question' + query({ key: item.key }));
    ahead = null;
    if (status !== 200) {
      queue.items = queue.items.filter((i) => i.key !== item.key);
      if (status === 410) return next();
      at.replaceChildren(make('p', { class: 'bad' }, body.error));
      return;
    }
    at.replaceChildren(fragment(body));
    pictures(at);
    const card = by('question');
    card.focus({ preventScroll: true });
    for (const b of card.querySelectorAll('[data-value]')) b.addEventListener('click', () => void decide('label', JSON.parse(b.dataset.value)));
    for (const b of card.querySelectorAll('[data-act]')) b.addEventListener('click', () => later(act(b.dataset.act)));
    const then = open().find((i) => i.key !== item.key);
    if (then) ahead = { key: then.key, html: ask('/question' + query({ key: then.key })).catch(() => ({ status: 0, body: {} })) };
  }
  /** @param {string} name */
  async function act(name) {
    const card = by('question');
    if (busy) return; // another question is on its way
    if (name === 'undo') return undo();
    if (!card) return;
    if (name === 'keep' || name === 'drop') return decide(name);
    if (name === 'skip') {
      return alone(() => {
        skipped.add(card.dataset.key);
        note = '';
        return next();
      });
    }
    if (name === 'accept') {
      const b = card.querySelector('[data-suggested]');
      return b ? decide('label', JSON.parse(b.dataset.value)) : undefined;
    }
    if (name === 'note') return annotate();
    if (name === 'edit') edit(card);
  }
  /** Does one thing at a time: keys that come meanwhile are not taken, since they were meant for another question. The page shows that
   * it waits. @param {() => Promise<void>} work */
  async function alone(work) {
    if (busy) return;
    busy = true;
    turn += 1;
    by('asked')?.setAttribute('aria-busy', 'true');
    try {
      await work();
    } catch (e) {
      if (!['lost', 'locked'].includes(/** @type {Error} */ (e).message)) throw e;
    } finally {
      busy = false;
      by('asked')?.removeAttribute('aria-busy');
      if (stale) {
        stale = false;
        later(refresh(true));
      }
    }
  }
  /** Sends a decision; the next question comes when it is on disk. @param {string} decision @param {any} [value] */
  const decide = (decision, value) => alone(async () => {
    const card = by('question');
    if (!card) return;
    /** @type {Record<string, any>} */
    const sent = { key: card.dataset.key, decision };
    if (value !== undefined) sent.value = value;
    if (note) sent.note = note;
    if (card.dataset.seen) sent.seen = card.dataset.seen;
    const { status, body } = await ask('/decisions', { method: 'POST', body: JSON.stringify(sent), headers: { 'Content-Type': 'application/json', 'If-Match': `"${queue.digest}"` } });
    if (status !== 200) {
      if (status === 409 || status === 410) {
        tell(status === 409 ? say('The file of decisions was changed by somebody else; it was read again, nothing was lost. Decide once more.') : body.error, true);
        ahead = null;
        if (await refresh()) await next();
      } else tell(body.error, true);
      return;
    }
    note = '';
    queue.digest = body.digest;
    queue.done = body.done;
    queue.waiting -= 1;
    queue.unbuilt += 1;
    queue.items = queue.items.filter((i) => i.key !== sent.key);
    tell(say('{}: on disk, line {}', body.path, body.line) + (card.dataset.who ? ` · ${card.dataset.who}` : ''));
    count();
    if (!open().length && queue.waiting > 0) await refresh();
    await next();
  });
  const undo = () => alone(async () => {
    const { status, body } = await ask('/undo', { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json', 'If-Match': `"${queue.digest}"` } });
    ahead = null;
    if (status === 409) {
      tell(body.error, true);
      await refresh();
      return;
    }
    if (status !== 200) return tell(body.error, true);
    tell(`${body.path}: ${say('taken back')}`);
    skipped.delete(body.key);
    if (await refresh()) await next(body.key);
  });
  /** A form below the question, which takes the keys until it is closed. @param {HTMLElement[]} fields @param {() => any} value @param {(v: any) => void} then */
  function form(fields, value, then) {
    const at = by('edit');
    const save = make('button', { type: 'submit' }, say('save')), close = make('button', { type: 'button' }, say('cancel'));
    const it = make('form', {}, ...fields, make('p', { class: 'acts' }, save, ' ', close));
    const end = () => { at.hidden = true; at.replaceChildren(); by('question')?.focus(); };
    it.addEventListener('submit', (e) => { e.preventDefault(); const v = value(); end(); then(v); });
    close.addEventListener('click', end);
    it.addEventListener('keydown', (e) => { if (e.key === 'Escape') end(); });
    at.replaceChildren(it);
    at.hidden = false;
    /** @type {HTMLElement | null} */ (it.querySelector('input, select, textarea'))?.focus();
  }
  function annotate() {
    const input = /** @type {HTMLInputElement} */ (make('input', { id: 'note', type: 'text', maxlength: '2000', autocomplete: 'off' }));
    input.value = note;
    form([make('label', { for: 'note' }, say('A note on the next decision')), input], () => input.value.trim(), (v) => { note = v; tell(v ? `${say('note')}: ${v}` : ''); });
  }
  /** @param {HTMLElement} card */
  function edit(card) {
    /** @type {string[]} */
    const classes = JSON.parse(card.dataset.classes || '[]');
    const first = /** @type {HTMLElement | null} */ (card.querySelector('[data-value]'))?.dataset.value;
    if (card.dataset.edits === 'spans') return spans(card, classes, first ? JSON.parse(first) : []);
    const input = /** @type {HTMLInputElement} */ (make('input', { id: 'own', type: 'text', list: 'classes', autocomplete: 'off' }));
    const is = card.dataset.edits === 'class';
    if (!is && first) input.value = first;
    const list = make('datalist', { id: 'classes' }, ...classes.map((c) => make('option', { value: c })));
    const read = () => {
      if (is) return input.value.trim();
      try { return JSON.parse(input.value); } catch { return input.value; }
    };
    form([make('label', { for: 'own' }, say(is ? 'Class' : 'Answer')), input, list], read, (v) => void decide('label', v));
  }
  /** Spans by hand: classes, ends, what is removed and what is selected. @param {HTMLElement} card @param {string[]} classes @param {{ class: string, start: number, end: number }[]} of */
  function spans(card, classes, of) {
    const chars = [...(card.dataset.text || '')];
    const text = make('p', { class: 't', id: 'spans-text', lang: 'ko' }, chars.join(''));
    const rows = make('tbody', {});
    /** @param {string} chosen @param {string} label */
    const choice = (chosen, label) => {
      const select = /** @type {HTMLSelectElement} */ (make('select', { 'aria-label': label }, ...classes.map((c) => make('option', { value: c }, c))));
      select.value = chosen;
      return select;
    };
    /** @param {{ class: string, start: number, end: number }} s */
    const row = (s) => {
      const shown = make('td', {}), remove = make('button', { type: 'button' }, say('remove'));
      /** @param {number} value @param {string} label */
      const number = (value, label) => {
        const input = /** @type {HTMLInputElement} */ (make('input', { type: 'number', min: '0', max: String(chars.length), 'aria-label': label }));
        input.value = String(value);
        return input;
      };
      const kind = choice(s.class, say('Class')), start = number(s.start, say('from')), end = number(s.end, say('to'));
      const fill = () => { shown.textContent = chars.slice(Number(start.value), Number(end.value)).join(''); };
      start.addEventListener('input', fill);
      end.addEventListener('input', fill);
      fill();
      const tr = make('tr', {}, make('td', {}, kind), make('td', {}, start), make('td', {}, end), shown, make('td', {}, remove));
      remove.addEventListener('click', () => tr.remove());
      rows.append(tr);
    };
    of.forEach(row);
    const kind = choice(classes[0] || '', say('Class')), add = make('button', { type: 'button' }, say('add what is selected'));
    add.addEventListener('click', () => {
      const chosen = getSelection();
      if (!chosen || chosen.isCollapsed || !text.contains(chosen.anchorNode) || !text.contains(chosen.focusNode)) return;
      const range = chosen.getRangeAt(0);
      const before = [...(text.textContent || '').slice(0, range.startOffset)].length;
      row({ class: kind.value, start: before, end: before + [...range.toString()].length });
    });
    const read = () => [...rows.children].map((tr) => {
      const select = /** @type {HTMLSelectElement} */ (tr.querySelector('select'));
      const [start, end] = /** @type {HTMLInputElement[]} */ ([...tr.querySelectorAll('input')]);
      return { class: select.value, start: Number(start.value), end: Number(end.value) };
    });
    form([make('p', { class: 'dim' }, say('Select a part of the text, choose its class, and add it. Places count characters from 0.')), text,
      make('p', { class: 'acts' }, kind, ' ', add), make('div', { class: 'scroll' }, make('table', {}, rows))], read, (v) => void decide('label', v));
  }

  // ---- what happens meanwhile --------------------------------------------------------------------------------------------
  async function listen() {
    for (;;) {
      try {
        const answer = await fetch('/events', { headers: { Authorization: 'Bearer ' + token }, cache: 'no-store' });
        if (!answer.ok || !answer.body) return;
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let held = '';
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          held += value;
          const all = held.split('\n\n');
          held = all.pop() || '';
          for (const one of all) {
            const event = /^event: (.*)$/m.exec(one), data = /^data: (.*)$/m.exec(one);
            if (event && data) happened(event[1], JSON.parse(data[1]));
          }
        }
      } catch { /* asked again below */ }
      await new Promise((then) => setTimeout(then, 2000));
    }
  }
  /** @param {string} event @param {any} data */
  function happened(event, data) {
    if (event === 'state') {
      if (state && data && data.build !== state.build) newer(data.build);
      state = data || state;
      if (state?.builds) building('');
    }
    if (event === 'missed') later(restate());
    if (event === 'building') building('');
    if (event === 'task') building(` · ${data.step} · ${data.tasks}`);
    if (event === 'failed') tell(data.message, true);
    if (event === 'built' && data.build !== state?.build) newer(data.build);
    if (event === 'done') {
      if (data.message) tell(say('The build failed: {}', data.message), true);
      else if (data.failing) tell(`${say('Built.')} ${say('{} gates do not hold', data.failing)}`, true);
      else tell(say('Built.'));
      if (state?.watch && by('asked')) later(refresh(true));
    }
  }
  /** A build runs; it can be stopped here. @param {string} how */
  function building(how) {
    let text = news.querySelector('[data-builds]');
    if (!text) {
      const stop = make('button', { type: 'button' }, say('stop it'));
      stop.addEventListener('click', () => later(ask('/stop', { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })));
      text = make('span', { class: 'ok', 'data-builds': '' });
      news.replaceChildren(text, ' ', stop);
    }
    text.textContent = say('Building') + how;
  }
  async function restate() {
    state = (await ask('/state')).body;
  }
  /** Another build is there: what is shown stays until somebody wants to see it. @param {number} build */
  function newer(build) {
    if (state) state.build = build;
    if (by('asked')) return later(refresh(true)); // questions are the same, whatever the build
    const look = make('button', { type: 'button' }, say('show it'));
    look.addEventListener('click', () => { news.replaceChildren(); void show(); });
    news.replaceChildren(make('span', {}, say('Build {} is there.', build)), ' ', look);
  }

  // ---- keys --------------------------------------------------------------------------------------------------------------
  let go = false;
  const ACTS = /** @type {Record<string, string>} */ ({ k: 'keep', d: 'drop', a: 'accept', e: 'edit', n: 'note', s: 'skip', u: 'undo' });
  addEventListener('keydown', (e) => {
    const at = /** @type {HTMLElement} */ (e.target);
    if (!keys || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
    if (go) {
      go = false;
      /** @type {HTMLElement | null} */ (document.querySelector(`nav [data-key="${CSS.escape(e.key)}"]`))?.click();
      return;
    }
    if (e.key === '/') { e.preventDefault(); by('q')?.focus(); return; }
    if (e.key === 'g') { go = true; return; }
    if (e.key === 't') return theme();
    if (e.key === '?') { by('help').textContent = say(words.find((w) => w[0].startsWith('Keys: k keep'))?.[0] || ''); return; }
    if (by('asked')) {
      const b = /^[1-9]$/.test(e.key) ? document.querySelector(`[data-press="${e.key}"]`) : null;
      if (b) { e.preventDefault(); return /** @type {HTMLElement} */ (b).click(); }
      const name = ACTS[e.key];
      if (name && state?.by) { e.preventDefault(); later(act(name)); }
      return;
    }
    const step = e.key === 'j' ? 1 : e.key === 'k' ? -1 : 0;
    if (step) {
      const own = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#cards > .card')]);
      const i = own.indexOf(/** @type {HTMLElement} */ (at.closest('.card')));
      own[Math.max(0, Math.min(own.length - 1, i + step))]?.focus();
    }
  });

  // ---- the start -----------------------------------------------------------------------------------------------------------
  async function start() {
    if (!token) return lock();
    try {
      await restate();
    } catch {
      return;
    }
    by('name').textContent = state.name;
    by('version').textContent = state.version;
    document.title = `${state.name} · tamis`;
    by('raw').hidden = !state.raw;
    for (const page of state.absent) document.querySelector(`nav a[href="#/${page}"]`)?.closest('li')?.remove();
    void listen();
    if (!location.hash.startsWith('#/')) history.replaceState(null, '', location.pathname + '#/review');
    addEventListener('hashchange', () => void show());
    await show();
  }
  void start();
})();
