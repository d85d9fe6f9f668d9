// node browser.mjs chromium|firefox PAGE.js: runs the file as the body of an async function
// in a blank page on localhost and prints what it returns, a line for each key. The
// version goes to standard error.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const [which, file] = process.argv.slice(2);

const found = (names) => {
  const path = names.map((name) => join('/usr/bin', name)).find(existsSync);
  if (!path) throw new Error(`install one of ${names.join(', ')}`);
  return path;
};

const chromium = () => ({
  executablePath: found(['chromium', 'google-chrome', 'chromium-browser']),
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
    '--disable-background-networking',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
  ],
});

const firefox = () => ({
  browser: 'firefox',
  executablePath: found(['firefox-esr', 'firefox']),
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'media.autoplay.default': 0,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
  },
});

const blank = createServer((_, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><title>finding</title>');
});
await new Promise((done) => blank.listen(0, '127.0.0.1', done));

const profile = mkdtempSync(join(process.cwd(), 'profile-'));
const browser = await puppeteer.launch({
  ...(which === 'firefox' ? firefox() : chromium()),
  headless: true,
  userDataDir: profile,
  protocolTimeout: 110_000,
});
try {
  console.error(await browser.version());
  const page = await browser.newPage();
  await page.goto(`http://localhost:${blank.address().port}/`);
  const body = readFileSync('page.js', 'utf8') + readFileSync(file, 'utf8');
  const result = await page.evaluate(`(async () => {${body}})()`);
  for (const [key, value] of Object.entries(result)) console.log(`${which}: ${key}: ${value}`);
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  blank.close();
}
