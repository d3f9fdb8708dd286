// Runs `tamis serve` over a made project and looks at it as a person does, by keyboard alone: 100 suspicious samples are decided, the
// server is killed in the middle, and nothing is lost. Also: axe, console messages, requests that lead elsewhere, 400 px, dark, both
// languages, a page on another port, and the page without its script.
//
//   node serve.mjs TAMIS [--shots DIR]
//
// TAMIS is a program built with `--features serve`. Skips as report.mjs does.
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
const [tamis, ...args] = process.argv.slice(2);
const shots = args[0] === '--shots' ? args[1] : null;
if (shots) mkdirSync(shots, { recursive: true });
const wrong = [];

// ---- a project with 120 samples that wait: two annotators differ, some texts are hostile ------------------------------------
const dir = mkdtempSync(join(tmpdir(), 'tamis-serve-'));
mkdirSync(join(dir, 'raw'));
const HOSTILE = ['</script><script>document.title="x"</script>', '<img src=x onerror=alert(1)>', '" onload="x', '\u202eabc', 'x'.repeat(5000), '👩‍👩‍👧'];
const SUBJECTS = ['The judge', 'A cook', '판사가', '요리사가', 'The keeper'], THINGS = ['the trial', 'fresh bread', '재판을', '빵을', 'the ball'];
const texts = [], votes = ['item,annotator,label'];
for (let n = 0; n < 360; n++) {
  const id = `s${String(n).padStart(4, '0')}`;
  const hostile = n % 60 === 3 ? ' ' + HOSTILE[(n / 60) | 0] : '';
  texts.push(JSON.stringify({ id, text: `${SUBJECTS[n % 5]} saw ${THINGS[(n * 3) % 5]} number ${n}${hostile}` }));
  votes.push(`${id},kim,food`, `${id},lee,${n % 3 === 0 ? 'law' : 'food'}`);
}
writeFileSync(join(dir, 'raw/a.jsonl'), texts.join('\n') + '\n');
writeFileSync(join(dir, 'raw/votes.csv'), votes.join('\n') + '\n');
writeFileSync(join(dir, 'dataset.toml'), `tamis = "0.1"
[dataset]
name = "courtroom-kitchen"
version = "0.1.0"
license = "MIT"
languages = ["en"]
description = "Sentences about courts, kitchens and sports"
[collect.a]
direct = { files = ["raw/a.jsonl"], format = "jsonl" }
fields = { text = "text" }
id = "id"
license = "MIT"
[schema]
text = { text = {} }
[label.topic]
task = "classification"
classes = ["food", "law", "sport"]
from.crowd = { files = ["raw/votes.csv"] }
aggregate = { method = "majority", on_tie = "review" }
[review]
files = ["reviews/*.jsonl"]
[split]
ratios = { train = 0.8, test = 0.2 }
[release.all]
formats = ["jsonl"]
columns = ["id", "text", "label.topic", "split"]
`);
const decided = () => (existsSync(join(dir, 'reviews/eve.jsonl')) ? readFileSync(join(dir, 'reviews/eve.jsonl'), 'utf8').trim().split('\n').filter(Boolean).map((l) => JSON.parse(l)) : []);

const serve = (/** @type {string[]} */ ...more) => serveIn(dir, ...more);
/** A server; its address is the first line. @param {string} root @param {string[]} more */
async function serveIn(root, ...more) {
  const child = spawn(tamis, ['-C', root, 'serve', '--partition-target', '16', ...more], { env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise((then, no) => {
    let text = '';
    child.stdout.on('data', (d) => { text += d; if (text.includes('\n')) then(text.trim()); });
    child.on('exit', (code) => no(new Error(`tamis serve ended with ${code}`)));
  });
  process.on('exit', () => child.kill('SIGKILL'));
  return { address, origin: new URL(address).origin, kill: () => new Promise((then) => { child.removeAllListeners('exit'); child.on('exit', then); child.kill('SIGKILL'); }) };
}

const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
/** A page that complains. */
async function open(address, { width = 1280, scheme = 'light', script = true, quiet = [] } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, javaScriptEnabled: script });
  const page = await context.newPage();
  const at = `serve ${width} ${scheme}`, origin = new URL(address).origin;
  page.on('console', (m) => { if (!quiet.some((q) => m.text().includes(q))) wrong.push(`${at}: console: ${m.text()}`); });
  page.on('pageerror', (e) => wrong.push(`${at}: error: ${e.message}`));
  page.on('request', (r) => { if (!r.url().startsWith(origin + '/') && !r.url().startsWith('blob:')) wrong.push(`${at}: request: ${r.url()}`); });
  await page.goto(address);
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
/** Waits until something is so that only the answer of a server brings about; what is not so after a minute is asserted by the caller. */
async function until(holds) {
  for (const end = Date.now() + 60000; !(await holds()) && Date.now() < end;) await new Promise((then) => setTimeout(then, 20));
}
const key = (page) => page.locator('#question').getAttribute('data-key');
/** Waits until no decision is on its way: the page takes no key before. */
const ready = (page) => page.waitForSelector('#asked:not([aria-busy])', { timeout: 60000 });
/** Presses a key, and waits until another question is there, or none. */
async function press(page, which) {
  await ready(page);
  const before = await key(page);
  await page.keyboard.press(which);
  await page.waitForFunction((was) => document.getElementById('question')?.dataset.key !== was, before, { timeout: 60000 });
}

// ---- 100 decisions by keys, with a kill in the middle -----------------------------------------------------------------------
let server = await serve('--by', 'eve');
let { page, context, at } = await open(server.address);
await page.waitForSelector('#question');
if (page.url().includes('token')) wrong.push(`${at}: the address keeps its word: ${page.url()}`);
if ((await context.cookies()).length) wrong.push(`${at}: there are cookies`);
await axe(page, at + ' question');
await sideways(page, at + ' question');
if (shots) await page.screenshot({ path: `${shots}/review-1280-light.png` });
// what is decided stands in git, a line each
execFileSync('git', ['init', '-q'], { cwd: dir });
const began = Date.now();
for (let n = 0; n < 40; n++) await press(page, ['1', '2', 'k', '3', 'd'][n % 5]);
if (decided().length !== 40) wrong.push(`${at}: ${decided().length} lines after 40 decisions`);
await page.reload();
await page.waitForSelector('#question');
await press(page, 's');
const taken = await key(page);
await press(page, 'k');
// taken back: the same question is there again
const last = decided();
await ready(page);
await page.keyboard.press('u');
await page.waitForFunction((was) => document.getElementById('question')?.dataset.key === was, taken, { timeout: 60000 });
if (!(await page.locator('#news').textContent()).includes('taken back')) wrong.push(`${at}: undo is not told`);
await until(() => decided().length === last.length - 1);
if (decided().length !== last.length - 1) wrong.push(`${at}: undo leaves ${decided().length} lines of ${last.length}`);
await ready(page);
await page.keyboard.press('n');
await page.keyboard.type('looked twice');
await page.keyboard.press('Enter');
await press(page, 'k');
if (!decided().some((d) => d.note === 'looked twice')) wrong.push(`${at}: the note is lost`);
// killed: what was answered is on disk
await server.kill();
const before = decided().length;
if (before !== 41) wrong.push(`${at}: ${before} lines before the kill`);
await ready(page);
await page.keyboard.press('k');
await page.waitForFunction(() => document.getElementById('news')?.textContent?.includes('does not answer'));
await context.close();
for (const [i, l] of wrong.entries()) if (l.includes('ERR_CONNECTION') || l.includes('ERR_INCOMPLETE') || l.includes('ERR_EMPTY') || l.includes('network error')) delete wrong[i]; // it was killed

server = await serve('--by', 'eve');
({ page, context, at } = await open(server.address));
await page.waitForSelector('#question');
for (let n = before; n < 100; n++) await press(page, ['1', '2', 'k'][n % 3]);
const all = decided();
const ids = new Set(all.map((d) => d.id));
if (all.length !== 100 || ids.size !== 100) wrong.push(`${at}: ${all.length} lines about ${ids.size} samples after 100 decisions`);
const seconds = Math.round((Date.now() - began) / 1000);
// a person who takes five seconds for each is done within ten minutes
if (100 * 5 + seconds > 600) wrong.push(`${at}: 100 decisions take ${seconds} s besides the time of the person`);
execFileSync('git', ['add', 'reviews'], { cwd: dir });
const lines = execFileSync('git', ['diff', '--cached', '--numstat'], { cwd: dir, encoding: 'utf8' }).trim();
if (lines !== '100\t0\treviews/eve.jsonl') wrong.push(`${at}: git shows ${lines}`);
// edit by keyboard: a class that is typed
await ready(page);
await page.keyboard.press('e');
await page.keyboard.type('sport');
const edited = await key(page);
await page.keyboard.press('Enter');
await page.waitForFunction((was) => document.getElementById('question')?.dataset.key !== was, edited);
if (!decided().some((d) => d.value === 'sport')) wrong.push(`${at}: an edited class is not written`);
// somebody else writes meanwhile: it is noticed, and kept
const text = readFileSync(join(dir, 'reviews/eve.jsonl'), 'utf8');
writeFileSync(join(dir, 'reviews/eve.jsonl'), `{"id":"s0001","step":"label.topic","decision":"keep","by":"eve"}\n${text}`);
// what waits is held back: a key that comes meanwhile decides nothing, and the page shows that it waits
let give = () => {};
const given = new Promise((then) => { give = () => then(undefined); });
await page.route('**/queue?*', async (route) => { await given; await route.continue(); });
await ready(page);
await page.keyboard.press('k');
await page.waitForFunction(() => document.getElementById('news')?.textContent?.includes('somebody else'));
if (!(await page.locator('#asked[aria-busy]').count())) wrong.push(`${at}: that the page waits is not shown`);
await page.keyboard.press('k');
give();
await ready(page);
if (decided().length !== 102) wrong.push(`${at}: ${decided().length} lines after a key that came too early`);
await page.unroute('**/queue?*');
await press(page, 'k');
if (decided().length !== 103 || !decided().some((d) => d.id === 's0001')) wrong.push(`${at}: ${decided().length} lines after somebody else wrote`);
wrong.splice(0, wrong.length, ...wrong.filter((w) => w && !w.includes('409 (Conflict)')));
await context.close();

// ---- what differs between two releases ---------------------------------------------------------------------------------------
execFileSync(tamis, ['-C', dir, 'release', 'all', '--quiet'], { stdio: 'inherit' });
({ page, context, at } = await open(server.address, { quiet: ['422'] }));
await page.waitForSelector('#question');
await page.evaluate(() => { location.hash = '#/changes'; });
await page.waitForSelector('main[data-shown="changes"] #sides');
if ((await page.locator('#a').inputValue()) !== 'all@0.1.0' || (await page.locator('#b').inputValue()) !== 'all') wrong.push(`${at}: the sides are not what was frozen and what was built`);
if (!(await page.locator('#changes td.n').count())) wrong.push(`${at}: nothing is compared`);
// the sides by keyboard alone; a release against itself is told
await page.locator('#a').focus();
await page.keyboard.press('Home');
await page.keyboard.press('Tab');
await page.keyboard.press('Tab');
await page.keyboard.press('Enter');
await page.waitForFunction(() => document.querySelector('main .bad')?.textContent?.includes('compared with itself'));
await context.close();

// ---- every page, both widths and schemes ------------------------------------------------------------------------------------
for (const width of [1280, 400]) {
  for (const scheme of ['light', 'dark']) {
    ({ page, context, at } = await open(server.address, { width, scheme }));
    await page.waitForSelector('#question');
    const names = await page.locator('nav a').evaluateAll((as) => as.map((a) => a.getAttribute('href')));
    for (const name of names) {
      await page.evaluate((h) => { location.hash = h; }, name);
      await page.waitForFunction((h) => document.querySelector('main')?.dataset.shown === h.slice(2), name);
      await sideways(page, `${at} ${name}`);
      await axe(page, `${at} ${name}`);
      if (shots) await page.screenshot({ path: `${shots}/${name.slice(2)}-${width}-${scheme}.png` });
    }
    await page.evaluate(() => { location.hash = '#/samples'; });
    await page.waitForSelector('#cards .card');
    await page.locator('#lang').click();
    await page.waitForFunction(() => /[가-힣]/.test(document.querySelector('main h2')?.textContent || ''));
    await sideways(page, `${at} Korean`);
    await axe(page, `${at} Korean`);
    if (shots) await page.screenshot({ path: `${shots}/samples-${width}-${scheme}-ko.png` });
    await page.evaluate(() => { location.hash = '#/review'; });
    await page.waitForSelector('#question');
    if (shots) await page.screenshot({ path: `${shots}/review-${width}-${scheme}-ko.png` });
    await context.close();
  }
}

// ---- samples by keyboard: filter, more, story --------------------------------------------------------------------------------
({ page, context, at } = await open(server.address, { quiet: ['422'] }));
await page.waitForSelector('#question');
await page.keyboard.press('g');
await page.keyboard.press('s');
await page.waitForSelector('#cards .card');
await page.keyboard.press('/');
await page.keyboard.type('text:"number 3" split:test');
// the count of the list before is told until the new list takes its place
await page.evaluate(() => { document.getElementById('matches').dataset.before = ''; });
await page.keyboard.press('Enter');
await page.waitForFunction(() => /\d/.test(document.querySelector('#matches:not([data-before])')?.textContent || ''));
const told = Number((await page.locator('#matches').textContent()).replace(/\D/g, ''));
const shown = await page.locator('#cards .card').count();
if (!(told > 0 && shown === Math.min(told, 24))) wrong.push(`${at}: ${shown} cards of ${told}`);
await page.locator('#cards .card a').first().focus();
await page.keyboard.press('Enter');
await page.waitForSelector('#h-story');
if (!(await page.locator('main pre').textContent()).includes('collect.a')) wrong.push(`${at}: a story tells nothing`);
await page.goBack();
await page.waitForSelector('#cards .card');
await page.keyboard.press('/');
await page.locator('#q').fill('spilt:test');
await page.keyboard.press('Enter');
await page.waitForFunction(() => document.getElementById('matches')?.textContent?.includes('split'));
if ((await page.title()) === 'x') wrong.push(`${at}: a text of the data ran`);
await context.close();

// ---- boxes: each answer is drawn over the picture, and taken by its number ---------------------------------------------------
const boxed = mkdtempSync(join(tmpdir(), 'tamis-boxes-'));
process.on('exit', () => rmSync(boxed, { recursive: true, force: true }));
mkdirSync(join(boxed, 'raw'));
copyFileSync(new URL('../../examples/detection/raw/JPEGImages/BloodImage_00031.jpg', import.meta.url), join(boxed, 'raw/p.jpg'));
const box = (name, x1, y1, x2, y2) => ({ class: name, x1, y1, x2, y2 });
const answers = [['kim', [box('RBC', 50, 60, 200, 180), box('WBC', 300, 10, 400, 90)]], ['lee', [box('RBC', 300, 100, 420, 260)]]];
writeFileSync(join(boxed, 'raw/votes.jsonl'), answers.map(([annotator, label]) => JSON.stringify({ item: 'p', annotator, label }) + '\n').join(''));
writeFileSync(join(boxed, 'dataset.toml'), `tamis = "0.1"
[dataset]
name = "boxes"
version = "0.1.0"
license = "MIT"
[collect.p]
direct = { images = ["raw/*.jpg"], format = "image_folder" }
id = "stem"
license = "MIT"
[preprocess]
[label.cells]
task = "object_detection"
classes = ["RBC", "WBC"]
from.crowd = { files = ["raw/votes.jsonl"] }
aggregate = { on_tie = "review" }
[review]
files = ["reviews/*.jsonl"]
[release.all]
formats = ["jsonl"]
columns = ["id", "label.cells"]
`);
const boxes = await serveIn(boxed, '--by', 'eve');
({ page, context, at } = await open(boxes.address, { width: 400 }));
await page.waitForSelector('#question .answers svg');
const drawn = await page.locator('#question .answers li').evaluateAll((all) => all.map((li) => li.querySelectorAll('rect').length));
if (String(drawn) !== '2,1' && String(drawn) !== '1,2') wrong.push(`${at}: the answers are drawn as ${drawn}`);
await page.waitForFunction(() => [...document.querySelectorAll('#question img')].every((i) => i.complete && i.naturalWidth > 0 || i.getBoundingClientRect().top > innerHeight + 400));
await sideways(page, `${at} boxes`);
await axe(page, `${at} boxes`);
if (shots) await page.screenshot({ path: `${shots}/boxes-400-light.png`, fullPage: true });
await page.keyboard.press('1');
await page.waitForFunction(() => !document.getElementById('question'));
const taken1 = JSON.parse(readFileSync(join(boxed, 'reviews/eve.jsonl'), 'utf8').trim());
if (taken1.decision !== 'label' || taken1.value.length !== drawn[0]) wrong.push(`${at}: ${JSON.stringify(taken1)} is not the first answer`);
await context.close();
await boxes.kill();

// ---- a second tab without the word, a foreign page, no script --------------------------------------------------------------
({ page, context, at } = await open(server.origin + '/'));
await page.waitForFunction(() => document.querySelector('main')?.textContent?.includes('locked'));
await context.close();
const foreign = createServer((_, answer) => { answer.setHeader('content-type', 'text/html'); answer.end('<title>foreign</title>'); }).listen(0, '127.0.0.1');
await new Promise((then) => foreign.once('listening', then));
const other = await browser.newContext();
const visitor = await other.newPage();
await visitor.goto(`http://127.0.0.1:${foreign.address().port}/`);
const got = await visitor.evaluate(async ({ origin, token }) => {
  const out = [];
  for (const init of [{}, { headers: { Authorization: 'Bearer ' + token } }, { mode: 'no-cors' }, { method: 'POST', mode: 'no-cors', body: '{}' }]) {
    try {
      const answer = await fetch(origin + '/state', init);
      out.push(answer.type === 'opaque' ? '' : await answer.text());
    } catch { out.push(''); }
  }
  const frame = document.createElement('iframe');
  frame.src = origin + '/';
  document.body.append(frame);
  await new Promise((then) => setTimeout(then, 500));
  try { out.push(frame.contentDocument?.body?.textContent || ''); } catch { out.push(''); }
  return out;
}, { origin: server.origin, token: new URL(server.address).hash.slice(7) });
if (got.some((text) => text)) wrong.push(`serve: a foreign page read ${JSON.stringify(got)}`);
await other.close();
foreign.close();
({ page, context, at } = await open(server.address, { script: false }));
if (!(await page.locator('main').textContent()).includes('tamis report')) wrong.push(`${at}: without a script nothing is said`);
await context.close();
await server.kill();

// ---- a build that decisions ask for -----------------------------------------------------------------------------------------
server = await serve('--by', 'eve', '--watch');
({ page, context, at } = await open(server.address));
await page.waitForSelector('#question');
const waits = async () => Number((await page.locator('#waiting').textContent()).replace(/\D/g, ''));
// what a build runs is told by the events that pages are told of
const ran = [];
await page.exposeFunction('ran', (text) => ran.push(...text.split('\n\n').filter((e) => e.includes('event: running')).map((e) => JSON.parse(/^data: (.*)$/m.exec(e)[1]))));
await page.evaluate(async (token) => {
  const reader = (await fetch('/events', { headers: { Authorization: 'Bearer ' + token } })).body.pipeThrough(new TextDecoderStream()).getReader();
  (async () => {
    for (let held = ''; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      held += value;
      const end = held.lastIndexOf('\n\n') + 2;
      if (end > 1) { globalThis.ran(held.slice(0, end)); held = held.slice(end); }
    }
  })().catch(() => {});
}, new URL(server.address).hash.slice(7));
const first = await waits(), WATCHED = 10;
for (let n = 1; n <= WATCHED; n++) {
  ran.length = 0;
  await press(page, ['1', '2'][n % 2]);
  await page.waitForFunction(() => document.getElementById('news')?.textContent?.includes('Built.'), null, { timeout: 60000 });
  await until(async () => (await waits()) === first - n);
  if ((await waits()) !== first - n) wrong.push(`${at}: ${await waits()} wait after ${n} of ${first} were decided and built`);
  await until(() => ran.some((r) => r.step === 'label.topic'));
  const joined = ran.filter((r) => r.step === 'label.topic');
  if (String(joined.map((r) => r.tasks)) !== '1') wrong.push(`${at}: a decision runs ${JSON.stringify(ran)}`);
}
const id = decided().length;
if (id !== 103 + WATCHED) wrong.push(`${at}: ${id} lines at the end`);
await context.close();
await server.kill();
await browser.close();
rmSync(dir, { recursive: true });
console.log(wrong.length ? wrong.join('\n') : `serve: ${103 + WATCHED} decisions by keys (100 in ${seconds} s), a kill and a second writer, ${WATCHED} built alone: all holds`);
process.exit(wrong.length ? 1 : 0);
