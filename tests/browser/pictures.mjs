// Makes the pictures of the documentation, docs/pictures/*.png, out of a copy of examples/ner-crowd with two of its three
// annotators, where ties wait for a person.
//
//   node pictures.mjs TAMIS OUT
//
// TAMIS is a program built with `--features serve`. Needs `npm ci` in this folder and Chromium.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [tamis, out] = process.argv.slice(2);
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
const dir = mkdtempSync(join(tmpdir(), 'tamis-pictures-'));
const example = fileURLToPath(new URL('../../examples/ner-crowd', import.meta.url));
cpSync(example, dir, { recursive: true, filter: (path) => !/\/(out|\.tamis|reviews)$/.test(path) });
const manifest = readFileSync(join(dir, 'dataset.toml'), 'utf8');
writeFileSync(join(dir, 'dataset.toml'), manifest.replace('on_tie = "first"', 'on_tie = "review"').replace(/^min = .*$/m, 'min = 0.3').replace(/^min_by_class.*$/m, ''));
const votes = join(dir, 'raw/votes.csv');
writeFileSync(votes, readFileSync(votes, 'utf8').split('\n').filter((line) => !line.includes(',haneul,')).join('\n'));
mkdirSync(out, { recursive: true });
execFileSync(tamis, ['-C', dir, 'report', '--lang', 'en'], { stdio: 'inherit' });

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
/** @param {string} address @param {number} width @param {'light' | 'dark'} scheme @param {number} height */
async function open(address, width, scheme, height) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  await page.goto(address);
  return page;
}
const shot = (page, name) => page.screenshot({ path: join(out, `${name}.png`) });

let page = await open(pathToFileURL(join(dir, 'out/report.html')).href + '#labels', 1000, 'light', 620);
await page.waitForTimeout(300);
await shot(page, 'report');
const child = spawn(tamis, ['-C', dir, 'serve', '--by', 'kim', '--lang', 'en'], { stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => child.kill());
const address = await new Promise((then) => child.stdout.once('data', (d) => then(String(d).trim())));
page = await open(address, 1000, 'light', 620);
await page.waitForSelector('#question');
await shot(page, 'review');
page = await open(address, 400, 'dark', 620);
await page.waitForSelector('#question');
await page.evaluate(() => { location.hash = '#/samples?q=class%3ALC'; });
await page.waitForSelector('#cards .card');
await page.locator('#lang').click();
await page.waitForTimeout(600);
await shot(page, 'samples');
await browser.close();
child.kill();
rmSync(dir, { recursive: true });
