// Headless Chromium, and what a page does in it: errors, requests, dialogs, and each text that it draws on a canvas.
//
// CHROMIUM: the browser's path (default: /usr/bin/chromium).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { output } from './program.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const timeout = 60_000; // of one step; on a quiet machine none takes a second
let browser;
after(() => browser?.close());

export const wide = { width: 1280, height: 900 };
export const narrow = { width: 360, height: 740 };

/// Runs in the page before its scripts. `canvas.texts`: texts since the canvas was last cleared.
function recordTexts() {
  const { clearRect, fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (x, y, width, height) {
    if (width >= this.canvas.width && height >= this.canvas.height) this.canvas.texts = [];
    return clearRect.call(this, x, y, width, height);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
    (this.canvas.texts ??= []).push(String(text));
    return fillText.call(this, text, x, y, ...rest);
  };
}

/// A window with a file or URL, waited for until it is drawn. `page.errors`, `page.requests`, `page.dialogs`: what it did.
export async function open(where, { viewport = wide, colorScheme = 'light' } = {}) {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--disable-gpu'],
    timeout,
  });
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  context.setDefaultTimeout(timeout);
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.errors.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => page.errors.push(String(error.stack ?? error)));
  page.on('request', (request) => page.requests.push(request.url()));
  page.on('dialog', (dialog) => {
    page.dialogs.push(dialog.message());
    dialog.dismiss().catch(() => {});
  });
  await page.addInitScript(recordTexts);
  await page.addInitScript(axe);
  await visit(page, where);
  return page;
}

/// Another file or URL in the same window.
export async function visit(page, where) {
  Object.assign(page, { errors: [], requests: [], dialogs: [] });
  await page.goto(where.startsWith('/') ? pathToFileURL(where).href : where);
  await page.waitForFunction(() => document.documentElement.dataset.drawn);
}

/// Another colour scheme or size of a window; the page draws itself again.
export async function change(page, { colorScheme, viewport }) {
  if (colorScheme) await page.emulateMedia({ colorScheme });
  if (viewport) await page.setViewportSize(viewport);
  await settled(page);
}

/// Waits for two frames: what was to be drawn is drawn.
export const settled = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));

/// The page did nothing that a page from disk must not do: no error, no dialog, and no request but those that begin with `own`.
export function assertQuiet(page, own = page.url()) {
  assert.deepEqual(page.errors, [], 'errors and warnings on the console');
  assert.deepEqual(page.dialogs, [], 'dialogs');
  const foreign = page.requests.filter((url) => !url.startsWith(own) && !/^(data|blob):/.test(url));
  assert.deepEqual(foreign, [], 'requests to elsewhere');
}

/// Findings of axe-core that are serious or critical: none.
export async function assertAccessible(page) {
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  const findings = violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(
      ({ impact, id, help, nodes }) =>
        `${impact}: ${id}: ${help}\n${nodes
          .slice(0, 3)
          .map(({ html, failureSummary }) => `  ${html.slice(0, 200)}\n  ${failureSummary}`)
          .join('\n')}`,
    );
  assert.equal(findings.join('\n'), '', 'findings of axe-core');
}

/// The whole page as build/pages/NAME.png.
export const screenshot = (page, name) => page.screenshot({ path: join(output, `${name}.png`), fullPage: true });

/// Nothing is wider than the window, but for what scrolls by itself.
export async function assertNoSideways(page) {
  const seen = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element) =>
      element !== null &&
      (/auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    return {
      page: document.documentElement.scrollWidth,
      window: width,
      wide: [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > width + 0.5 && !scrolls(element.parentElement))
        .slice(0, 5)
        .map((element) => element.outerHTML.slice(0, 200)),
    };
  });
  assert.ok(
    seen.page <= seen.window,
    `the page is ${seen.page} px wide in a window of ${seen.window}: ${seen.wide.join('\n')}`,
  );
}
