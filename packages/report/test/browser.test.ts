import { comparisonReport } from '@cl/report';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPage, openReport, startBrowser, withoutBrowser } from './fixtures/browser.ts';
import { attack, hostile } from './fixtures/hostile.ts';
import { syntheticComparison } from './fixtures/synthetic-comparison.ts';
import { syntheticRecord } from './fixtures/synthetic-record.ts';

if (withoutBrowser !== undefined) console.warn(`browser tests skipped: ${withoutBrowser}`);

describe.skipIf(withoutBrowser !== undefined)('in a browser, from file://', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });

  test('the page loads nothing, complains about nothing and shows its pictures', async () => {
    const report = await openReport(browser, syntheticRecord({ seeds: [1, 2, 3] }));
    expect(report.requests).toEqual([]);
    expect(report.troubles).toEqual([]);
    const widths: number[] = await report.page.evaluate(
      '[...document.images].map((image) => image.naturalWidth)',
    );
    expect(widths.length).toBe(60); // six a domain
    expect(new Set(widths)).toEqual(new Set([48]));
    await report.close();
  });

  test('names with markup show as text and do nothing', async () => {
    const report = await openReport(
      browser,
      hostile(syntheticRecord({ seeds: [1, 2], accounts: true })),
    );
    expect(report.troubles).toEqual([]);
    expect(report.requests).toEqual([]);
    expect(await report.page.evaluate('globalThis.pwned')).toBeUndefined();
    expect(await report.page.locator('img[onerror], td script, bdi *').count()).toBe(0);
    expect(await report.page.locator('h1').textContent()).toBe(attack(0)); // the run's name
    await report.close();
  });

  test('the theme button goes from auto to light to dark and back', async () => {
    const report = await openReport(browser, syntheticRecord(), { colorScheme: 'dark' });
    const button = report.page.getByRole('button', { name: /^Theme/ });
    const seen: [string | null, string][] = [];
    for (let click = 0; click < 4; click += 1) {
      seen.push([await button.textContent(), await background(report.page)]);
      await button.click();
    }
    const dark = 'rgb(17, 21, 27)';
    const light = 'rgb(246, 245, 241)';
    expect(seen).toEqual([
      ['Theme: auto', dark],
      ['Theme: light', light],
      ['Theme: dark', dark],
      ['Theme: auto', dark],
    ]);
    await report.close();
  });

  test('the matrix of another learner is one click or arrow key away', async () => {
    const report = await openReport(browser, syntheticRecord());
    const captions = report.page.locator('#matrix caption:visible');
    expect(await captions.allInnerTexts()).toEqual([expect.stringContaining('RAIL dual')]);
    await report.page.locator('#matrix label', { hasText: 'zero-shot' }).click();
    expect(await captions.allInnerTexts()).toEqual([expect.stringContaining('zero-shot')]);
    await report.page.keyboard.press('ArrowRight');
    expect(await captions.allInnerTexts()).toEqual([expect.stringContaining('nearest mean')]);
    await report.close();
  });

  test('arrow keys walk through the cells and say what they hold', async () => {
    const report = await openReport(browser, syntheticRecord({ seeds: [1, 2, 3] }));
    const table = report.page.locator('#matrix table:visible');
    await table.locator('td').first().focus();
    await report.page.keyboard.press('ArrowDown');
    await report.page.keyboard.press('ArrowRight');
    const detail = report.page.locator('#matrix .detail:visible');
    expect(await detail.textContent()).toMatch(
      /^After devices, on devices \(learned\): \d+\.\d ± \d+\.\d %; seeds .*; zero-shot 50\.9 %$/,
    );
    await report.close();
  });

  test('without script everything can be read and tabs still work', async () => {
    const report = await openReport(browser, syntheticRecord(), { javaScriptEnabled: false });
    expect(await report.page.getByRole('button').count()).toBe(0);
    await report.page.locator('#matrix label', { hasText: 'joint ridge' }).click();
    expect(await report.page.locator('#matrix caption:visible').innerText()).toContain('joint');
    await report.close();
  });

  test.each([390, 768, 1240])('nothing sticks out of a page %d pixels wide', async (width) => {
    const report = await openReport(
      browser,
      syntheticRecord({ domains: 20, seeds: [1, 2], accounts: true }),
      {
        viewport: { width, height: 900 },
      },
    );
    expect(await report.page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await report.close();
  });

  // WCAG 2.2: 4.5 for text (1.4.3), 3 for parts of graphics (1.4.11).
  test.each(['light', 'dark'] as const)(
    'texts and marks stand out in the %s theme',
    async (theme) => {
      const record = syntheticRecord({ accounts: true });
      const report = await openReport(browser, record, { colorScheme: theme });
      const ratios = await contrasts(report.page);
      expect(ratios.cells.length).toBe(100 * 5 * 2 + 55 * 4); // matrix and confusions, lower triangles of cosines
      expect(Math.min(...ratios.cells)).toBeGreaterThanOrEqual(4.5);
      expect(Math.min(...ratios.texts)).toBeGreaterThanOrEqual(4.5);
      expect(ratios.marks.length).toBeGreaterThanOrEqual(5);
      expect(Math.min(...ratios.marks)).toBeGreaterThanOrEqual(3);
      await report.close();
    },
  );

  test('a comparison is as safe, as narrow and as readable as a report', async () => {
    const record = syntheticComparison();
    const attacked = record.streams.map((stream) => ({
      ...stream,
      name: attack(7),
      record: hostile(stream.record),
    }));
    const hostilePage = await comparisonReport({ ...record, streams: attacked });
    const report = await openPage(browser, hostilePage['compare.html'], {
      viewport: { width: 390, height: 900 },
    });
    expect([report.troubles, report.requests]).toEqual([[], []]);
    expect(await report.page.evaluate('globalThis.pwned')).toBeUndefined();
    expect(await report.page.locator('img, td script, bdi *').count()).toBe(0);
    expect(await report.page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await report.close();
    const page = (await comparisonReport(record))['compare.html'];
    for (const colorScheme of ['light', 'dark'] as const) {
      const themed = await openPage(browser, page, { colorScheme });
      const ratios = await contrasts(themed.page);
      expect(ratios.cells.length).toBe(5 * 4 + 4 * 3); // pairs of learners of the two streams
      expect(Math.min(...ratios.cells, ...ratios.texts)).toBeGreaterThanOrEqual(4.5);
      await themed.page.locator('#results label', { hasText: 'class-incremental' }).click();
      const caption = themed.page.locator('#results caption:visible');
      expect(await caption.allInnerTexts()).toEqual([expect.stringMatching(/^class-incremental/)]);
      await themed.close();
    }
  });

  test('on paper every panel is open and the colours are light', async () => {
    const report = await openReport(browser, syntheticRecord(), { colorScheme: 'dark' });
    await report.page.emulateMedia({ media: 'print' });
    expect(await report.page.locator('#matrix table:visible').count()).toBe(5);
    expect(await background(report.page)).toBe('rgb(255, 255, 255)');
    await report.page.setViewportSize({ width: 700, height: 900 }); // A4 between its margins
    expect(await report.page.evaluate('document.documentElement.scrollWidth')).toBe(700);
    const marks: number[] = await report.page.evaluate(
      '[...document.querySelectorAll("svg.key")].map((mark) => mark.clientWidth)',
    );
    expect(Math.max(...marks)).toBeLessThan(40);
    await report.close();
  });
});

async function background(page: Page): Promise<string> {
  return page.evaluate('getComputedStyle(document.body).backgroundColor') as Promise<string>;
}

/** Contrast ratios as the browser computes the colours: cells, small texts, marks of learners. */
async function contrasts(page: Page): Promise<Record<'cells' | 'texts' | 'marks', number[]>> {
  return page.evaluate(`(() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const luminance = (colour) => channels(colour)
      .map((value) => value / 255)
      .map((s) => (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4))
      .reduce((sum, s, i) => sum + s * [0.2126, 0.7152, 0.0722][i], 0);
    const ratio = (a, b) => {
      const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
      return (high + 0.05) / (low + 0.05);
    };
    const style = (element) => getComputedStyle(element);
    const card = style(document.querySelector('.card')).backgroundColor;
    const page = style(document.body).backgroundColor;
    return {
      cells: [...document.querySelectorAll('.heat td[title]:not(.void)')].map((cell) =>
        ratio(style(cell).color, style(cell).backgroundColor)),
      texts: [...document.querySelectorAll('.card caption, .card small, .card th')]
        .map((text) => ratio(style(text).color, card))
        .concat([...document.querySelectorAll('section > p, .eyebrow, .bar a')]
          .map((text) => ratio(style(text).color, page))),
      marks: [...document.querySelectorAll('#curves .legend path:last-child')].map((mark) =>
        ratio(style(mark).fill, card)),
    };
  })()`) as Promise<Record<'cells' | 'texts' | 'marks', number[]>>;
}
