import { expect, it } from 'vitest';
import { platformOf } from './platform';

const mac =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const droid = 'Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko)';

it.each([
  [`${mac} Version/18.4 Safari/605.1.15`, 0, 'safari', 'macos', false],
  [`${mac} Version/18.4 Safari/605.1.15`, 5, 'safari', 'ios', true],
  [`${phone} Version/18.4 Mobile/15E148 Safari/604.1`, 5, 'safari', 'ios', true],
  [`${phone} CriOS/141.0 Mobile/15E148 Safari/604.1`, 5, 'chrome', 'ios', true],
  [`${droid} Chrome/141.0.0.0 Mobile Safari/537.36`, 5, 'chrome', 'android', true],
  [
    `${droid} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36`,
    5,
    'samsung',
    'android',
    true,
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
    0,
    'firefox',
    'linux',
    false,
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0) Chrome/141.0 Safari/537.36 Edg/141.0',
    0,
    'edge',
    'windows',
    false,
  ],
] as const)('%s', (agent, touches, browser, system, isPhone) => {
  const platform = platformOf(agent, touches);
  expect([platform.browser, platform.system, platform.phone]).toEqual([browser, system, isPhone]);
  expect(platform.embedded).toBe(false);
});

it.each([
  ['Instagram on a phone', `${phone} Mobile/15E148 Instagram 350.0`],
  ['an Android web view', `${droid.replace(')', '; wv)')} Chrome/141.0 Mobile Safari/537.36`],
  ['an iOS web view', `${phone} Mobile/15E148`],
])('%s is another app', (_, agent) => {
  expect(platformOf(agent, 5).embedded).toBe(true);
});
