// Opens the report of a made-up result in headless Chromium, in both languages:
// no error, no request, no serious finding of axe, charts drawn, complete
// without scripts, hostile ids inert, nothing wider than the page, printable.
//   node report_browser_test.mjs PAGE_FOLDER WRITER OUT_FOLDER [REPORT_FOLDER]
// With REPORT_FOLDER an existing report.html is looked at instead.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [pageFolder, writer, outFolder, reportFolder] = process.argv.slice(2);
const load = createRequire(path.resolve(pageFolder, 'package.json'));
const { chromium } = load('playwright-core');
const axe = load('axe-core');

const browserPath = process.env.PLUMBLINE_CHROMIUM || '/usr/bin/chromium';
if (!existsSync(browserPath)) {
  console.error(`${browserPath}:1:1: no browser, expected chromium, run ./dev setup`);
  process.exit(1);
}
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

let failures = 0;
async function check(name, body) {
  try {
    await body();
    console.log(`ok   ${name}`);
  } catch (error) {
    failures += 1;
    console.error(`FAIL ${name}\n${error.stack}`);
  }
}

async function open(address, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen = { problems: [], requests: [], dialogs: 0 };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.problems.push(message.text());
  });
  page.on('pageerror', (error) => seen.problems.push(error.message));
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('dialog', async (dialog) => { seen.dialogs += 1; await dialog.dismiss(); });
  await page.goto(address, { waitUntil: 'load' });
  return { page, context, seen };
}

async function look(language, address, madeUp) {
  await check(`${language}: draws every chart, quietly and alone`, async () => {
    const { page, context, seen } = await open(address, { viewport: { width: 1280, height: 900 } });
    const places = await page.locator('.chart').count();
    const pictures = await page.locator('.chart svg').count();
    assert.equal(pictures, places);
    if (madeUp) assert.ok(places >= 10, `${places} charts`);
    // Each picture has marks in it, a name for those who do not see, and a table.
    for (let i = 0; i < places; i += 1) {
      const chart = page.locator('.chart').nth(i);
      assert.ok(await chart.locator('svg path').count() > 2, `chart ${i} is empty`);
      assert.ok((await chart.getAttribute('aria-label')).length > 20);
    }
    assert.equal(await page.locator('figure table').count(), places);
    assert.equal(await page.locator('figure details[open]').count(), 0);
    assert.deepEqual(seen.problems, []);
    assert.deepEqual(seen.requests, [address]);
    await context.close();
  });

  await check(`${language}: ids of the log stay text`, async () => {
    const { page, context, seen } = await open(address, {});
    await page.waitForTimeout(200);
    assert.equal(seen.dialogs, 0);
    assert.equal(await page.locator('main img, main script, main iframe, main object, main a[href^="javascript"]').count(), 0);
    assert.equal(await page.locator('script').count(), 3);
    if (madeUp) {
      assert.ok(await page.getByText('<img src=x onerror=alert(1)>').count() > 0);
      assert.ok(await page.getByText('=cmd()').count() > 0);
    }
    // The policy of the page itself: an intruder's script would not run.
    await page.evaluate(() => {
      const intruder = document.createElement('script');
      intruder.textContent = 'window.intruded = true';
      document.body.append(intruder);
    });
    assert.equal(await page.evaluate(() => window.intruded), undefined);
    // Nor would a request leave the machine.
    const left = await page.evaluate(() => fetch('http://127.0.0.1:9/').then(() => true, () => false));
    assert.equal(left, false);
    assert.ok(seen.problems.some((text) => /Content Security Policy/.test(text)));
    await context.close();
  });

  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      await check(`${language}: axe, ${colorScheme}, ${width} px`, async () => {
        const { page, context } = await open(address, { colorScheme, viewport: { width, height: 900 } });
        await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
        await page.evaluate(axe.source);
        const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
        const grave = found.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
        assert.deepEqual(grave.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 120)} ${v.nodes[0].failureSummary}`), []);
        // Wide tables scroll in their frame; the page does not.
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(over <= 0, `${over} px too wide`);
        await context.close();
      });
    }
  }

  await check(`${language}: complete without scripts`, async () => {
    const { page, context } = await open(address, { javaScriptEnabled: false });
    const figures = await page.locator('figure').count();
    assert.equal(await page.locator('figure table').filter({ visible: true }).count(), figures);
    assert.equal(await page.locator('.chart svg').count(), 0);
    assert.equal(await page.locator('.chart').filter({ visible: true }).count(), 0);
    assert.ok(await page.locator('nav a').count() >= 10);
    for (const link of await page.locator('nav a').all()) {
      assert.equal(await page.locator(await link.getAttribute('href')).count(), 1);
    }
    await context.close();
  });

  await check(`${language}: prints with everything open`, async () => {
    const { page, context } = await open(address, {});
    const open_ = await page.evaluate(() => {
      window.dispatchEvent(new Event('beforeprint'));
      const closed = document.querySelectorAll('details:not([open])').length;
      window.dispatchEvent(new Event('afterprint'));
      return { closed, after: document.querySelectorAll('figure details[open]').length };
    });
    assert.deepEqual(open_, { closed: 0, after: 0 });
    const pdf = await page.pdf({ format: 'A4' });
    assert.ok(pdf.length > 20_000);
    await context.close();
  });

  await check(`${language}: speaks its language`, async () => {
    const { page, context } = await open(address, {});
    assert.equal(await page.locator('html').getAttribute('lang'), language === 'zh' ? 'zh-CN' : 'en');
    const heading = await page.locator('#summary h2').textContent();
    assert.equal(heading, language === 'zh' ? '摘要' : 'Summary');
    await context.close();
  });
}

if (reportFolder) {
  const address = pathToFileURL(path.resolve(reportFolder, 'report.html')).href;
  const { page, context } = await open(address, {});
  const language = (await page.locator('html').getAttribute('lang')).startsWith('zh') ? 'zh' : 'en';
  await context.close();
  await look(language, address, false);
} else {
  for (const language of ['en', 'zh']) {
    const folder = path.join(outFolder, `report-${language}`);
    mkdirSync(outFolder, { recursive: true });
    execFileSync(writer, [folder, language], { stdio: ['ignore', 'ignore', 'inherit'] });
    await look(language, pathToFileURL(path.join(folder, 'report.html')).href, true);
  }
}
await browser.close();
process.exit(failures === 0 ? 0 : 1);
