// Opens reports in Chromium from their files, offline, and looks for what must not be: a console message, a request, a page
// that scrolls sideways, a finding of axe, a filter that does not find what is there, a control that no key reaches.
//
//   node report.mjs [--shots DIR] REPORT.html...
//
// Needs `npm ci` in this folder and Chromium (CHROMIUM, /usr/bin/chromium). Where one of them is absent it says so and ends
// with 0, unless TAMIS_BROWSER=required is set.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

function skip(why) {
  console.error(`SKIPPED tests/browser: ${why}`);
  process.exit(process.env.TAMIS_BROWSER === 'required' ? 1 : 0);
}

const chromiumPath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
if (!chromiumPath) skip('no Chromium is installed');
let chromium, axeSource;
try {
  ({ chromium } = await import('playwright-core'));
  axeSource = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
} catch {
  skip('npm ci was not run in tests/browser');
}

const args = process.argv.slice(2);
const shots = args[0] === '--shots' ? args.splice(0, 2)[1] : null;
if (shots) mkdirSync(shots, { recursive: true });
const wrong = [];
const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });

/** One file at a width, in a scheme. */
async function open(file, { width, scheme, script = true }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, javaScriptEnabled: script, offline: true });
  const page = await context.newPage();
  const at = `${basename(dirname(resolve(file)))}/${basename(file)} ${width} ${scheme}${script ? '' : ' without script'}`;
  page.on('console', (m) => wrong.push(`${at}: console: ${m.text()}`));
  page.on('pageerror', (e) => wrong.push(`${at}: error: ${e.message}`));
  page.on('request', (r) => {
    if (!/^(data|blob):/.test(r.url()) && r.url() !== pathToFileURL(resolve(file)).href) wrong.push(`${at}: request: ${r.url()}`);
  });
  await page.goto(pathToFileURL(resolve(file)).href);
  return { page, context, at };
}

async function sideways(page, at) {
  const [scroll, client] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  if (scroll > client) {
    const who = await page.evaluate(() => [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, nav, pre')).slice(0, 3).map((e) => e.outerHTML.slice(0, 120)));
    wrong.push(`${at}: scrolls sideways (${scroll} > ${client}): ${who.join(' | ')}`);
  }
}

async function axe(page, at) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  for (const v of result.violations) wrong.push(`${at}: axe ${v.id}: ${v.help}: ${v.nodes.slice(0, 2).map((n) => n.html.slice(0, 140) + ' ' + (n.any[0]?.message || '')).join(' | ')}`);
}

async function filter(page, at) {
  const q = page.locator('#q');
  if (!(await q.count())) return;
  const all = Number((await page.locator('section#samples p span[data-a]').first().getAttribute('data-a')).match(/"([\d,]+)"/)[1].replace(/,/g, ''));
  const count = async (text) => {
    await q.fill(text);
    // what is told from here on is told of the new filter
    await page.evaluate(() => { document.getElementById('matches').textContent = ''; });
    await q.press('Enter');
    await page.waitForFunction((want) => decodeURIComponent(location.hash) === '#q=' + want && /\d/.test(document.getElementById('matches').textContent), text);
    const told = await page.locator('#matches').textContent();
    return Number((/[\d,]+/.exec(told) || ['-1'])[0].replace(/,/g, ''));
  };
  const found = await count('');
  if (found !== all) wrong.push(`${at}: an empty filter finds ${found} of ${all}`);
  const split = await page.locator('.chips [data-q^="split:"]').evaluateAll((es) => es.map((e) => e.dataset.q));
  let sum = 0;
  for (const s of split) sum += await count(s);
  const outside = split.length ? await count(split.map((s) => '-' + s).join(' ')) : 0;
  // samples that left the data set are found only where a filter asks for their status
  if ((await count('text:zzqqzz')) !== 0) wrong.push(`${at}: a text that is nowhere is found`);
  const living = await count('-text:zzqqzz');
  if (living < 1 || living > all) wrong.push(`${at}: ${living} of ${all} live`);
  if (split.length && sum + outside !== living) wrong.push(`${at}: splits hold ${sum} and others ${outside} of ${living}`);
  await count('spilt:test');
  const told = await page.locator('#matches').textContent();
  if (!told.includes('split')) wrong.push(`${at}: no name is suggested for spilt: ${told}`);
  await page.goBack();
  await page.waitForFunction(() => document.getElementById('q').value === '-text:zzqqzz', null, { timeout: 60000 }).catch(() => {});
  if ((await q.inputValue()) !== '-text:zzqqzz') wrong.push(`${at}: Back leads to ${await q.inputValue()}`);
}

async function keyboard(page, at) {
  await page.evaluate(() => { location.hash = ''; document.body.focus(); });
  const controls = await page.evaluate(() => [...document.querySelectorAll('button, input, a[href], summary, [tabindex="0"]')].filter((e) => e.checkVisibility()).length);
  const met = new Set();
  for (let i = 0; i < controls + 5; i++) {
    await page.keyboard.press('Tab');
    met.add(await page.evaluate(() => { const e = document.activeElement; return e ? [...document.querySelectorAll('*')].indexOf(e) : -1; }));
  }
  if (met.size < controls) wrong.push(`${at}: Tab reaches ${met.size} of ${controls} controls`);
  await page.locator('#main').focus();
  await page.keyboard.press('g');
  await page.keyboard.press('f');
  if (!(await page.evaluate(() => location.hash === '#flow' || !document.getElementById('flow')))) wrong.push(`${at}: g f does not lead to the flow`);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  if (!(await page.evaluate(() => document.activeElement?.classList.contains('card') || !document.querySelector('.card')))) wrong.push(`${at}: j leads to no sample`);
  await page.keyboard.press('/');
  if (!(await page.evaluate(() => document.activeElement?.id === 'q' || !document.getElementById('q')))) wrong.push(`${at}: / does not lead to the filter`);
}

for (const file of args) {
  for (const width of [1280, 400]) {
    for (const scheme of ['light', 'dark']) {
      const { page, context, at } = await open(file, { width, scheme });
      const name = `${basename(dirname(dirname(resolve(file))))}-${width}-${scheme}`;
      await sideways(page, at);
      await axe(page, at);
      if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
      if (width === 1280 && scheme === 'light') {
        await filter(page, at);
        await keyboard(page, at);
      }
      await page.locator('#lang').click();
      if ((await page.locator('h2').first().textContent()).match(/[가-힣]/) === null && (await page.evaluate(() => document.documentElement.lang)) === 'ko') wrong.push(`${at}: headings stay English`);
      await sideways(page, at + ' other language');
      await axe(page, at + ' other language');
      if (shots && scheme === 'light') await page.screenshot({ path: `${shots}/${name}-lang.png`, fullPage: true });
      await context.close();
    }
  }
  const { page, context, at } = await open(file, { width: 1280, scheme: 'light', script: false });
  if (!(await page.locator('#overview').isVisible())) wrong.push(`${at}: nothing is to be read`);
  if (await page.locator('#filter').isVisible()) wrong.push(`${at}: a filter that cannot work is shown`);
  await context.close();
  const print = await open(file, { width: 1280, scheme: 'dark' });
  const pdf = await print.page.pdf(shots ? { path: `${shots}/${basename(dirname(dirname(resolve(file))))}.pdf` } : {});
  if (pdf.length < 5000) wrong.push(`${print.at}: the PDF is empty`);
  await print.context.close();
}
await browser.close();
console.log(wrong.length ? wrong.join('\n') : `${args.length} reports: all holds`);
process.exit(wrong.length ? 1 : 0);
