// The two stock browsers, one process each, shared by all cases; and Chromium once
// more, that takes every certificate.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const found = (variable, names) => {
  const tried = process.env[variable]
    ? [process.env[variable]]
    : names.flatMap((name) => ['/usr/bin', '/usr/local/bin'].map((dir) => join(dir, name)));
  const path = tried.find(existsSync);
  if (!path) throw new Error(`no browser: set ${variable} or install one of ${names.join(', ')} (mk/setup test)`);
  return path;
};

const chromium = () => ({
  executablePath: found('CHROMIUM', ['chromium', 'google-chrome', 'chromium-browser']),
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-features=WebRtcHideLocalIpsWithMdns,Translate,OptimizationHints',
    '--no-first-run',
    '--lang=en-US',
    '--window-size=1280,800',
  ],
});

const firefox = (preferences = {}) => ({
  browser: 'firefox',
  executablePath: found('FIREFOX', ['firefox-esr', 'firefox']),
  headless: true,
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.peerconnection.ice.loopback': true,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'media.autoplay.default': 0,
    // Windows are driven side by side; only one of them has the focus.
    'media.devices.unfocused.enabled': true,
    'focusmanager.testmode': true,
    'intl.accept_languages': 'en-US',
    // Pages that are not in front must go on as if they were.
    'dom.min_background_timeout_value': 4,
    'dom.timeout.enable_budget_timer_throttling': false,
    'widget.windows.window_occlusion_tracking.enabled': false,
    // Nothing of its own on the network.
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'app.normandy.enabled': false,
    'browser.safebrowsing.update.enabled': false,
    'services.settings.server': '',
    'datareporting.policy.dataSubmissionEnabled': false,
    ...preferences,
  },
});

const chromiumWith = (...more) => {
  const out = chromium();
  return { ...out, args: [...out.args, ...more] };
};

// One Chromium opens sixteen microphones and no more: with many calls a second one helps.
const options = {
  chromium,
  'chromium-second': chromium,
  'chromium-credulous': () => chromiumWith('--ignore-certificate-errors'),
  firefox: () => firefox(),
  // Asks the person, as it does outside of tests.
  'firefox-asking': () => firefox({ 'media.navigator.permission.disabled': false }),
  // Settings that people and administrators make, with which nothing goes directly.
  'chromium-proxied': () => chromiumWith('--webrtc-ip-handling-policy=disable_non_proxied_udp'),
  'firefox-no-host': () => firefox({ 'media.peerconnection.ice.no_host': true }),
  'firefox-relay-only': () => firefox({ 'media.peerconnection.ice.relay_only': true }),
};
const running = new Map();

/** Another kind: Chromium by way of `wrap`, which makes a path of its path. */
export function addChromium(kind, wrap) {
  options[kind] = () => {
    const out = chromium();
    return { ...out, executablePath: wrap(out.executablePath), pipe: true };
  };
}

/** Ends the browser of that kind, before what it runs in. */
export async function closeBrowser(kind) {
  const pending = running.get(kind);
  running.delete(kind);
  const { browser: one, profile } = (await pending?.catch(() => ({}))) ?? {};
  await one?.close().catch(() => {});
  if (profile) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

/** The shared browser of that kind, started at first use. */
export async function browser(kind) {
  if (!running.has(kind)) running.set(kind, start(kind));
  return (await running.get(kind)).browser;
}

async function start(kind) {
  const profile = mkdtempSync(join(tmpdir(), `catchup-${kind}-`));
  const started = await puppeteer.launch({
    ...options[kind](),
    userDataDir: profile,
    protocolTimeout: 60_000,
    timeout: 60_000,
  });
  return { browser: started, profile };
}

export async function closeBrowsers() {
  for (const kind of [...running.keys()]) await closeBrowser(kind);
}
