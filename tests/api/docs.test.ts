import type { AddressInfo } from 'node:net';
import type { Scope } from '@mra/http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { as, aToken, createTestApi, type TestApi } from '../support/api.ts';
import { findBrowser, launchBrowser } from '../support/browser.ts';
import { createTestDatabase } from '../support/database.ts';

const SCOPES: Scope[] = ['recognition:read', 'registry:read', 'registry:write'];
const NOTHING = "default-src 'none'; frame-ancestors 'none'";

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi(await createTestDatabase({ demo: true }));
});

describe('content security policy', () => {
  const policyOf = async (url: string, headers = {}) =>
    (await api.app.inject({ url, headers })).headers['content-security-policy'];

  test.each(['/docs/', '/docs/static/swagger-ui.css', '/docs/static/swagger-initializer.js', '/docs/json'])(
    'of %s lets the page load its own files and nothing else',
    async (url) => {
      const policy = String(await policyOf(url));
      const directives = Object.fromEntries(
        policy.split('; ').map((it) => [it.split(' ')[0], it.replace(/^\S+ /, '')]),
      );
      expect(directives).toMatchObject({
        'default-src': "'none'",
        'script-src': "'self'",
        'frame-ancestors': "'none'",
      });
      expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
    },
  );

  test('of everything else lets nothing load', async () => {
    const headers = await as(['recognition:read']);
    const urls = [
      '/openapi.json',
      '/livez',
      '/readyz',
      '/metrics',
      '/v1/benefits',
      '/v1/none',
      '/v1/recognition',
      '/docsx',
    ];
    for (const url of urls) expect(await policyOf(url, headers), url).toBe(NOTHING);
  });
});

const program = findBrowser();
if (program === null) console.log('docs.test.ts: no browser: no Chromium in the PATH, and CHROMIUM is not set');

describe.skipIf(program === null)('Swagger UI in a browser', () => {
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = api.app.server.address() as AddressInfo;
    browser = await launchBrowser(program ?? '');
    page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
    page.setDefaultTimeout(20_000);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => faults.push(`page: ${error.message}`));
    page.on('requestfailed', (request) => faults.push(`failed: ${request.url()}`));
    await page.exposeFunction('reportViolation', (text: string) => faults.push(`violation: ${text}`));
    await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
      window.reportViolation(event.effectiveDirective + ' ' + event.blockedURI + ' ' + event.sourceFile))`);
    await page.goto(`http://127.0.0.1:${port}/docs`);
    await page.locator('.opblock').first().waitFor();
  });
  afterAll(() => browser?.close());

  /** Opens an operation, sends its example and returns what the page shows of the answer. */
  async function execute(id: string): Promise<{ status: string; body: string }> {
    const operation = page.locator(`.opblock[id$="-${id}"]`);
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.execute').click();
    const answer = operation.locator('.live-responses-table .response');
    await answer.locator('.response-col_status').waitFor();
    return {
      status: ((await answer.locator('.response-col_status').textContent()) ?? '').trim(),
      body: (await answer.locator('pre code').first().textContent()) ?? '',
    };
  }

  test('lists every operation', async () => {
    const { paths } = api.app.swagger();
    const count = Object.values(paths ?? {}).flatMap((item) => Object.keys(item ?? {})).length;
    expect(await page.locator('.opblock').count()).toBe(count);
  });

  test('Authorize takes a token', async () => {
    await page.locator('.auth-wrapper .btn.authorize').click();
    const dialog = page.locator('.dialog-ux');
    await dialog.locator('input').fill(await aToken(SCOPES, { administration: 'EU' }));
    await dialog.locator('.auth-btn-wrapper .authorize').click();
    await dialog.locator('.auth-btn-wrapper .btn-done').click();
    await page.locator('.auth-wrapper .btn.authorize.locked').waitFor();
  });

  test('a question is asked with its example, and the answer is in the page', async () => {
    const { status, body } = await execute('askRecognition');
    expect(status).toMatch(/^200/);
    expect(JSON.parse(body)).toMatchObject({ outcome: 'recognised', reason: 'RECOGNISED' });
    if (process.env.DOCS_SCREENSHOT) await page.screenshot({ path: process.env.DOCS_SCREENSHOT });
  });

  test.each(['getMembership', 'askRecognitionByQuery', 'importMemberships'])(
    '%s can be tried as it stands',
    async (id) => {
      const { status, body } = await execute(id);
      expect(status).toMatch(/^200/);
      expect(Object.keys(JSON.parse(body))).not.toEqual([]);
    },
  );

  test('nothing of this violated the policy or failed', async () => {
    expect(faults).toEqual([]);
  });
});
