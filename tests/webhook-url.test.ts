import { describe, expect, test } from 'vitest';
import { shownUrl, whyNoWebhook } from '../src/webhook-url.js';

const VALID = 'a URL with https, or with http on this machine alone, such as https://example.org/alarm';

describe('a webhook', () => {
  test.each([
    ...['https://example.org', 'https://example.org:8443/a?b=c', 'http://localhost:3000/alarm', 'HTTPS://EXAMPLE.ORG'],
    ...['http://127.0.0.1', 'http://127.8.9.1:80/a', 'http://127.1/a', 'http://[::1]:3000/'],
  ])('may be %s', (url) => {
    expect(whyNoWebhook(url)).toBeUndefined();
  });

  test.each([
    ...['http://example.org/alarm', 'http://127.0.0.1.example.org', 'http://localhost.example.org', 'http://128.0.0.1'],
    ...['http://0.0.0.0', 'http://[::2]', 'ftp://127.0.0.1', 'example.org', 'https://', 'slack', 'file:///etc/passwd'],
  ])('may not be %s', (url) => {
    expect(whyNoWebhook(url)).toBe(VALID);
  });

  test.each([
    'https://ann:pass@example.org',
    'https://token@example.org',
    'http://:pass@127.0.0.1',
    'https:ann:p@a.org',
  ])('may not hold a password: %s', (url) => {
    expect(whyNoWebhook(url)).toMatch(/^a URL without user and password.*ALAKAZAM_ALARM_SECRET/);
  });
});

test.each([
  ['https://example.org', 'https://example.org'],
  ['https://example.org/', 'https://example.org/'],
  ['https://hooks.slack.com/services/T0/B0/SECRET', 'https://hooks.slack.com/…'],
  ['https://example.org:8443?token=SECRET', 'https://example.org:8443/…'],
  ['https://ann:SECRET@example.org/a', 'https://…'],
  ['https://ann:SEC/RET@example.org/a', 'https://…'],
  ['https:ann:SECRET@example.org', '…'],
  ['ann:SECRET@example.org', '…'],
  ['https:\\\\example.org\\SECRET', 'https:/…'],
  ['example.org/SECRET', 'example.org/…'],
  ['slack', 'slack'],
  ['https://example.org\n/SECRET', 'https://example.org\n/…'],
])('%j is shown as %j', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});
