// Controls in a call: keys, corners, bars, sheets; and that all of it fits.
import assert from 'node:assert/strict';
import { scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const checked = (person, testId) => person.attribute(testId, 'aria-checked');
const heading = (person) => person.page.evaluate(() => document.activeElement?.textContent?.trim());

async function alone(stage, options = {}) {
  const person = await stage.person('chromium', options);
  const { path } = await stage.room();
  await person.join(path);
  await person.phase('alone');
  return person;
}

scenario('m and v switch, ? helps, and none of them while typing or in a sheet', {}, async (stage) => {
  const person = await stage.person('chromium', { name: 'mv' });
  const { path } = await stage.room();
  await person.open(path);
  await person.type('name', 'mv');
  assert.equal(await checked(person, 'mic-toggle'), 'true');
  await person.click('join');
  await person.phase('alone');
  await person.page.keyboard.press('m');
  assert.equal(await checked(person, 'mic-toggle'), 'false');
  await person.page.keyboard.press('v');
  await pause(300);
  assert.equal(await checked(person, 'cam-toggle'), 'false');
  await person.page.keyboard.type('?');
  await pause(300);
  assert.equal(await heading(person), 'Keyboard shortcuts');
  await person.page.keyboard.press('m');
  assert.equal(await checked(person, 'mic-toggle'), 'false');
  await person.page.keyboard.press('Escape');
  await pause(300);
  await person.page.keyboard.press('m');
  assert.equal(await checked(person, 'mic-toggle'), 'true');
});

scenario('a sheet keeps the focus and gives it back', {}, async (stage) => {
  const person = await alone(stage);
  await person.click('more');
  await pause(300);
  for (let i = 0; i < 12; i++) {
    await person.page.keyboard.press('Tab');
    // The browser's own controls may come in between; the page behind may not.
    const inside = await person.page.evaluate(
      () => document.activeElement === document.body || document.activeElement.closest('dialog') !== null,
    );
    assert.ok(inside, `after ${i + 1} times Tab`);
  }
  await person.page.keyboard.press('Escape');
  await pause(300);
  assert.equal(await person.page.evaluate(() => document.activeElement.dataset.testid), 'more');
});

scenario('my picture goes to the corner it is dragged to, or sent to by a key or a press', {}, async (stage) => {
  const person = await alone(stage);
  const { page } = person;
  const corner = () => page.$eval('[data-corner]', (e) => e.dataset.corner);
  const middle = async () => {
    const { x, y, width, height } = await (await page.$('[data-corner]')).boundingBox();
    return [x + width / 2, y + height / 2];
  };
  assert.equal(await corner(), 'bottom-right');
  await page.mouse.move(...(await middle()));
  await page.mouse.down();
  await page.mouse.move(300, 200, { steps: 8 });
  await page.mouse.up();
  assert.equal(await corner(), 'top-left');
  await page.focus('[data-corner]');
  await page.keyboard.press('ArrowDown');
  assert.equal(await corner(), 'bottom-left');
  await page.keyboard.press('Enter');
  assert.equal(await corner(), 'top-left');
  await page.mouse.click(...(await middle()));
  assert.equal(await corner(), 'top-right');
});

scenario('on a phone the bars give way to the picture, but never to a keyboard', {}, async (stage) => {
  const viewport = { width: 390, height: 844, isMobile: true, hasTouch: true };
  const { pair } = await stage.call(['chromium', 'chromium'], { each: [{ viewport }] });
  const { page } = pair[0];
  const opacity = () =>
    page.$eval('[data-testid="leave"]', (e) => getComputedStyle(e.closest('[role="group"]')).opacity);
  const becomes = async (wanted, ms) => {
    for (const end = Date.now() + ms; Date.now() < end; await pause(100)) {
      if ((await opacity()) === wanted) return;
    }
    assert.equal(await opacity(), wanted);
  };
  await becomes('0', 10_000);
  await page.touchscreen.tap(195, 300);
  await becomes('1', 2000);
  await page.keyboard.press('Tab');
  await pause(4800);
  assert.equal(await opacity(), '1');
});

scenario('"back" does not throw anybody out, and closing the page asks only in a call', {}, async (stage) => {
  const person = await stage.person('chromium');
  const asks = () =>
    person.page.evaluate(() => {
      const event = new Event('beforeunload', { cancelable: true });
      window.dispatchEvent(event);
      return event.defaultPrevented;
    });
  const { path } = await stage.room();
  await person.open(path);
  await person.find('join');
  assert.equal(await asks(), false);
  await person.click('join');
  await person.phase('alone');
  assert.equal(await asks(), true);
  await person.page.evaluate(() => history.back());
  await pause(500);
  await person.phase('alone');
  await person.click('leave');
  await person.phase('ended');
  assert.equal(await asks(), false);
});

scenario('choices are remembered under one key, and nothing else is', {}, async (stage) => {
  const person = await stage.person('chromium');
  const { path } = await stage.room();
  await person.open(path);
  await person.type('name', 'Kim');
  await person.click('devices');
  await person.click('always-relay');
  await person.page.keyboard.press('Escape');
  const stored = await person.page.evaluate(() => Object.entries(localStorage));
  assert.deepEqual(stored.map(([key]) => key), ['catchup.settings']);
  assert.deepEqual(
    (({ name, route }) => ({ name, route }))(JSON.parse(stored[0][1])),
    { name: 'Kim', route: 'relay' },
  );
  assert.ok(!stored[0][1].includes(path.split('#1.')[1]), 'not the secret');
});

scenario('who comes and goes is said once, by name', {}, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium']);
  const [one, other] = pair;
  const heard = [];
  await one.page.exposeFunction('heard', (text) => heard.push(text));
  await one.page.evaluate(() => {
    const live = document.querySelector('[data-testid="live"]');
    new MutationObserver(() => live.textContent && window.heard(live.textContent)).observe(live, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  await other.click('mic-toggle');
  await pause(1000);
  await other.click('leave');
  await one.phase('alone');
  await pause(1000);
  assert.deepEqual(heard, [`${other.name} is muted`, `${other.name} left`]);
});

scenario('what I show is on my own picture, and who came or went is on the screen', {}, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium']);
  const [one, other] = pair;
  const text = (person, testId) => person.page.$eval(`[data-testid="${testId}"]`, (e) => e.textContent.trim()).catch(() => '');
  await one.click('more');
  await one.click('hand');
  await one.page.click('[data-testid="react"]');
  await one.page.keyboard.press('Escape');
  await one.find('own-hand');
  assert.equal(await text(one, 'own-reaction'), await text(other, 'reaction'));
  await one.page.click('[data-testid="hand-note"] button');
  await one.page.waitForSelector('[data-testid="own-hand"]', { hidden: true, timeout: 5000 });
  await other.click('leave');
  // The note that the other joined may still be there.
  const note = `${other.name} left`;
  await one.page.waitForFunction(
    (words) => document.querySelector('[data-testid="visit"]')?.textContent.trim() === words,
    { timeout: 5000 },
    note,
  );
  assert.equal(await one.page.$eval('.alone h2', (e) => e.textContent), 'Everybody else has left');
});

scenario('talking while muted is said, and one press unmutes', {}, async (stage) => {
  const person = await stage.person('chromium');
  // A microphone that hears somebody all the time; the one of the browser beeps once a second.
  await person.page.evaluateOnNewDocument(() => {
    const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
    if (!open) return;
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      for (const track of stream.getAudioTracks()) {
        const context = new AudioContext();
        const voice = new OscillatorNode(context);
        const out = context.createMediaStreamDestination();
        voice.connect(out);
        voice.start();
        stream.removeTrack(track);
        stream.addTrack(out.stream.getAudioTracks()[0]);
      }
      return stream;
    };
  });
  const { path } = await stage.room();
  await person.join(path);
  await person.phase('alone');
  assert.equal(await person.has('muted-talking'), false);
  await person.click('mic-toggle');
  await person.find('muted-talking', 10_000);
  await person.page.click('[data-testid="muted-talking"] button');
  await person.until('mic-toggle', 'aria-checked', 'true');
  await person.page.waitForSelector('[data-testid="muted-talking"]', { hidden: true, timeout: 5000 });
});

scenario('nothing lies on the name of a person, in any corner and size', {}, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium']);
  const [one] = pair;
  await one.click('more');
  await one.click('hand');
  await one.page.keyboard.press('Escape');
  for (const [width, height] of [[320, 568], [360, 740], [1280, 800]]) {
    await one.page.setViewport({ width, height });
    for (const key of ['ArrowUp', 'ArrowLeft', 'ArrowDown', 'ArrowRight']) {
      await one.page.focus('[data-corner]');
      await one.page.keyboard.press(key);
      await pause(200);
      const covered = await one.page.evaluate(() => {
        const box = (selector) => document.querySelector(selector)?.getBoundingClientRect();
        const name = box('[data-testid="member"] .name');
        const lies = (other) => other && other.left < name.right && other.right > name.left && other.top < name.bottom && other.bottom > name.top;
        return ['[data-corner]', '[data-testid="hand-note"]'].filter((selector) => lies(box(selector)));
      });
      assert.deepEqual(covered, [], `${width}×${height} after ${key}`);
    }
  }
});

const sizes = [[320, 568], [360, 740], [844, 390], [1280, 800]];
scenario('everything fits and can be hit, from small phones to desktops', {}, async (stage) => {
  const person = await stage.person('chromium');
  const { path } = await stage.room();
  const look = async (what) => {
    for (const [width, height] of sizes) {
      await person.page.setViewport({ width, height });
      await pause(150);
      const { wide, small } = await person.page.evaluate(() => {
        const shown = [...document.querySelectorAll('button, a, select, input:not([type="checkbox"])')]
          .filter((e) => e.offsetParent)
          .map((e) => [e.textContent.trim().slice(0, 20) || e.dataset.testid, e.getBoundingClientRect()]);
        return {
          wide: document.documentElement.scrollWidth > innerWidth,
          small: shown.filter(([, r]) => r.width < 44 || r.height < 44 || r.right > innerWidth + 1).map(([name]) => name),
        };
      });
      assert.deepEqual({ wide, small }, { wide: false, small: [] }, `${what} at ${width}×${height}`);
    }
  };
  await person.open('/');
  await person.find('start-call');
  await look('home');
  await person.open(path);
  await person.find('self-video');
  await look('prejoin');
  await person.click('join');
  await person.phase('alone');
  await look('call');
  await person.click('more');
  await look('sheet');
  await person.page.keyboard.press('Escape');
  await pause(200);
  await person.click('leave');
  await person.phase('ended');
  await look('end');
});

scenario('links: a lost secret is asked for, a wrong one is refused before anything is sent', {}, async (stage) => {
  const person = await stage.person('chromium');
  const { path } = await stage.room();
  await person.open(path.split('#')[0]);
  await person.error('link-incomplete');
  await person.type('paste-link', `Join me: ${stage.server.url}${path}`);
  await person.page.keyboard.press('Enter');
  await person.find('join');
  const other = await stage.room();
  await person.open('/');
  await person.open(`${path.split('#')[0]}#${other.path.split('#')[1]}`);
  await person.error('link-wrong');
});
