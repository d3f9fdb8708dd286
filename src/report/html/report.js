// Theme, language, keys, and the filter over samples that are unpacked on demand. Nothing is fetched.
// @ts-check
'use strict';
(() => {
  /** @type {(id: string) => any} */
  const by = (id) => document.getElementById(id);
  /** @type {[string, string][]} */
  const words = JSON.parse(by('words').textContent);
  const root = document.documentElement;
  const side = () => (root.lang === 'ko' ? 1 : 0);
  /** @param {string} en */
  const index = (en) => words.findIndex((w) => w[0] === en);
  /** @param {number} n @param {any[]} of */
  const say = (n, of) => of.reduce((t, a) => t.replace('{}', () => String(a)), words[n][side()]);

  /** @param {ParentNode} within */
  function speak(within) {
    for (const e of within.querySelectorAll('[data-w]')) {
      const d = /** @type {HTMLElement} */ (e).dataset;
      e.textContent = say(Number(d.w), d.a ? JSON.parse(d.a) : []);
    }
    for (const e of within.querySelectorAll('[data-ko]')) e.textContent = e.getAttribute(side() ? 'data-ko' : 'data-en');
    for (const e of within.querySelectorAll('[data-wl]')) {
      e.setAttribute('aria-label', words[Number(/** @type {HTMLElement} */ (e).dataset.wl)][side()]);
    }
  }

  document.querySelector('.controls')?.removeAttribute('hidden');
  by('theme').addEventListener('click', theme);
  function theme() {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  }
  /** @type {HTMLElement[] | null} */
  let all = null;
  by('lang').addEventListener('click', () => {
    root.lang = root.lang === 'ko' ? 'en' : 'ko';
    by('lang').lang = root.lang === 'ko' ? 'en' : 'ko';
    speak(document);
    if (all) show(true);
  });
  let keys = true;
  by('keys').addEventListener('click', () => {
    keys = !keys;
    by('keys').setAttribute('aria-pressed', String(keys));
    by('help').textContent = keys ? '' : words[index('Keys are off.')][side()];
  });

  let go = false;
  addEventListener('keydown', (e) => {
    const at = /** @type {HTMLElement} */ (e.target);
    if (!keys || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
    if (go) {
      go = false;
      const link = /** @type {HTMLElement | null} */ (document.querySelector(`nav [data-key="${CSS.escape(e.key)}"]`));
      if (link) link.click();
      return;
    }
    /** @param {number} ways */
    const step = (ways) => {
      const own = /** @type {HTMLElement[]} */ ([...(by('cards')?.children || [])]);
      const i = own.indexOf(/** @type {HTMLElement} */ (at.closest('.card')));
      own[Math.max(0, Math.min(own.length - 1, i + ways))]?.focus();
    };
    if (e.key === '/') { e.preventDefault(); by('q')?.focus(); }
    else if (e.key === 'j') step(1);
    else if (e.key === 'k') step(-1);
    else if (e.key === 'g') go = true;
    else if (e.key === 't') theme();
    else if (e.key === '?') by('help').textContent = words[words.findIndex((w) => w[0].startsWith('Keys:'))][side()];
  });

  const form = by('filter');
  if (!form) return; // a report that lies in a release shows no samples
  const cards = by('cards'), more = by('more'), input = by('q'), told = by('matches');
  const PAGE = 24;
  let shown = PAGE;
  form.removeAttribute('hidden');

  /** @param {Element} block */
  async function unpack(block) {
    const text = atob(block.textContent || '');
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const template = document.createElement('template');
    template.innerHTML = await new Response(stream).text(); // written by tamis, with all of the user's text escaped
    return /** @type {HTMLElement[]} */ ([...template.content.children]);
  }
  /** @type {Promise<HTMLElement[]> | null} */
  let reading = null;
  function read() {
    return (reading ||= (async () => {
      const own = /** @type {HTMLElement[]} */ ([...cards.children]);
      const blocks = [...document.querySelectorAll('script.block')];
      if (blocks.length && !('DecompressionStream' in window)) {
        told.textContent = words[index('This browser cannot unpack the other samples.')][side()];
        return own;
      }
      if (blocks.length) told.textContent = words[index('Reading samples')][side()];
      for (const block of blocks) own.push(...(await unpack(block)));
      told.textContent = '';
      return (all = own);
    })());
  }

  const NAMES = ['text', 'chars', 'class', 'finding', 'step', 'status', 'split', 'source', 'id'];
  /** @param {string} a @param {string} b */
  function distance(a, b) {
    let row = [...Array(b.length + 1).keys()];
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
      row = next;
    }
    return row[b.length];
  }
  const WORD = /(?:"(?:[^"]|"")*"?|[^\s"])+/g;
  /** The words of a filter; within quotes a blank parts nothing. @param {string} q @returns {string[]} */
  const split = (q) => q.match(WORD) || [];
  /** The terms of a filter: the same words as `tamis show --where`. @param {string} q @param {string[]} columns */
  function parse(q, columns) {
    const terms = [];
    for (const m of q.matchAll(WORD)) {
      const not = m[0].startsWith('-');
      const word = not ? m[0].slice(1) : m[0];
      const colon = word.startsWith('"') ? -1 : word.indexOf(':');
      const name = colon < 0 ? 'text' : word.slice(0, colon);
      const known = [...NAMES, ...columns];
      if (!known.includes(name)) {
        const near = known.map((k) => [distance(name, k), k]).sort((a, b) => Number(a[0]) - Number(b[0]))[0];
        throw new Error(`${m.index + 1}: ${name} → ${near[1]}?`);
      }
      const value = word.slice(colon + 1);
      const sign = /^(>=|<=|>|<)(-?[0-9.]+)$/.exec(value);
      const any = (value.match(/(?:"(?:[^"]|"")*"?|[^,"])+/g) || []).map((v) => (v.startsWith('"') ? v.replace(/^"|"$/g, '').replace(/""/g, '"') : v));
      if (!any.length) throw new Error(`${m.index + 1}: ${word}`);
      terms.push({ not, name, any, sign: sign && { op: sign[1], n: Number(sign[2]) } });
    }
    return terms;
  }
  /** @param {HTMLElement} card */
  function texts(card) {
    return [...card.querySelectorAll('.t')].map((t) => {
      const copy = /** @type {HTMLElement} */ (t.cloneNode(true));
      copy.querySelectorAll('b').forEach((b) => b.remove());
      return copy.textContent || '';
    });
  }
  /** @param {string} of @param {string} v */
  const begins = (of, v) => of === v || of.startsWith(v + '.') || of.startsWith(v + '/');
  /** @param {HTMLElement} card @param {ReturnType<typeof parse>[number]} term */
  function holds(card, term) {
    const d = card.dataset;
    /** @param {number} n */
    const compare = (n) => {
      const s = term.sign;
      if (!s) return term.any.includes(String(n));
      return s.op === '>' ? n > s.n : s.op === '<' ? n < s.n : s.op === '>=' ? n >= s.n : n <= s.n;
    };
    /** @param {string} key */
    const list = (key) => /** @type {string[]} */ (JSON.parse(d[key] || '[]'));
    switch (term.name) {
      case 'text': return texts(card).some((t) => term.any.some((v) => t.includes(v)));
      case 'chars': return d.chars !== undefined && compare(Number(d.chars));
      case 'class': return list('class').some((c) => term.any.includes(c));
      case 'finding': return list('finding').some((r) => term.any.some((v) => begins(r, v)));
      case 'step': return list('step').some((r) => term.any.some((v) => begins(r, v)));
      case 'status': case 'split': case 'source': case 'id': return term.any.includes(d[term.name] || '');
    }
    const field = [...card.querySelectorAll('.f')].find((f) => /** @type {HTMLElement} */ (f).dataset.n === term.name);
    const value = field?.querySelector('.v')?.textContent || '';
    return term.any.includes(value) || (value !== '' && term.sign !== null && compare(Number(value)));
  }
  let asked = 0;
  /** @param {boolean} keep */
  async function show(keep) {
    const mine = ++asked;
    const own = await read();
    if (mine !== asked) return;
    if (!keep) shown = PAGE;
    const columns = [...new Set(own.slice(0, 50).flatMap((c) => [...c.querySelectorAll('.f')].map((f) => String(/** @type {HTMLElement} */ (f).dataset.n))))];
    let found = own;
    try {
      const terms = parse(input.value, columns);
      found = own.filter((c) => terms.every((t) => holds(c, t) !== t.not));
      input.removeAttribute('aria-invalid');
      // as `tamis show --where`: samples that left are looked through only where a status is asked for
      const every = found.length;
      if (terms.length && !terms.some((t) => t.name === 'status')) found = found.filter((c) => c.dataset.status === 'living');
      told.textContent = say(index('{} samples'), [found.length.toLocaleString('en')]);
      const left = every - found.length;
      if (left) told.textContent += '. ' + say(index('{} that left match, too: add status:dropped,merged,held'), [left.toLocaleString('en')]);
    } catch (e) {
      input.setAttribute('aria-invalid', 'true');
      told.textContent = say(index('Not a filter: {}'), [/** @type {Error} */ (e).message]);
      found = [];
    }
    cards.replaceChildren(...found.slice(0, shown));
    speak(cards);
    more.hidden = found.length <= shown;
  }
  more.hidden = !document.querySelector('script.block');
  more.addEventListener('click', async () => {
    const before = cards.children.length;
    shown += PAGE;
    await show(true);
    /** @type {HTMLElement} */ (cards.children[before])?.focus();
  });
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      history.replaceState(null, '', input.value ? '#q=' + encodeURIComponent(input.value) : '#samples');
      void show(false);
    }, 200);
  });
  form.addEventListener('submit', (/** @type {Event} */ e) => {
    e.preventDefault();
    location.hash = 'q=' + encodeURIComponent(input.value);
  });
  for (const chip of form.querySelectorAll('[data-q]')) {
    chip.addEventListener('click', () => {
      const terms = split(input.value);
      const own = split(/** @type {HTMLElement} */ (chip).dataset.q || '');
      const on = own.every((t) => terms.includes(t));
      const rest = terms.filter((t) => !own.includes(t));
      location.hash = 'q=' + encodeURIComponent((on ? rest : [...rest, ...own]).join(' '));
    });
  }
  function follow() {
    if (!location.hash.startsWith('#q=')) return;
    try { input.value = decodeURIComponent(location.hash.slice(3)); } catch { return; }
    void show(false);
    by('samples').scrollIntoView();
  }
  addEventListener('hashchange', follow);
  follow();
})();
