// Camera and microphone of a person at a browser that asks, hangs and loses devices.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerLimit } from './acquire';
import { type DeviceNotice, LocalMedia } from './local-media.svelte';
import { FakeBrowser, settled } from './testing';

let browser: FakeBrowser;
let media: LocalMedia;
let notices: DeviceNotice[];

beforeEach(() => {
  vi.useFakeTimers();
  browser = new FakeBrowser();
  browser.use();
  notices = [];
  media = new LocalMedia({ micId: '', camId: '' }, (notice) => notices.push(notice));
});
afterEach(() => {
  media.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('while the question of the browser is open', () => {
  beforeEach(async () => {
    browser.asks = true;
    browser.permissions = { audio: 'prompt', video: 'prompt' };
    void media.start();
    await settled();
  });

  it('says after two seconds that an answer is waited for, and for which devices', async () => {
    await vi.advanceTimersByTimeAsync(1900);
    expect(media.waiting).toBeNull();
    await vi.advanceTimersByTimeAsync(200);
    expect(media.waiting).toBe('answer');
    expect([media.waitsFor('audio'), media.waitsFor('video')]).toEqual([true, true]);
    await browser.answer();
    expect(media.waiting).toBeNull();
    expect([media.waitsFor('audio'), media.waitsFor('video')]).toEqual([false, false]);
    expect(browser.live).toEqual(['audio', 'video']);
  });

  it('says "slow" where permission was given: the device is what takes time', async () => {
    browser.permissions = { audio: 'granted', video: 'granted' };
    await vi.advanceTimersByTimeAsync(3900);
    expect(media.waiting).toBeNull();
    await vi.advanceTimersByTimeAsync(200);
    expect(media.waiting).toBe('device');
  });

  it('who only listens is through at once; what the browser gives then is stopped', async () => {
    media.closeAll();
    expect(media.stage).toBe('ready');
    await media.start();
    await browser.answer();
    expect(browser.live).toEqual([]);
    expect(media.audio).toBeNull();
  });

  it('leaving ends the waiting, and nothing that comes then stays open', async () => {
    media.pause();
    await browser.answer();
    expect(browser.live).toEqual([]);
    expect([media.micOn, media.camOn]).toEqual([true, true]);
  });

  it('is given up after a minute; a later answer is taken, for it is still wanted', async () => {
    await vi.advanceTimersByTimeAsync(answerLimit);
    expect([media.audioProblem, media.videoProblem]).toEqual(['unanswered', 'unanswered']);
    expect(media.stage).toBe('ready');
    await media.setCam(false);
    await browser.answer();
    expect(browser.live).toEqual(['audio']);
    expect(media.audioProblem).toBeNull();
    expect(notices.map(({ label }) => label)).toEqual(['Microphone']);
  });
});

it('the switch of one device does not wait for the other', async () => {
  await media.setCam(false);
  browser.asks = true;
  browser.permissions = { audio: 'prompt', video: 'prompt' };
  void media.start();
  await vi.advanceTimersByTimeAsync(2100);
  expect([media.waitsFor('audio'), media.waitsFor('video')]).toEqual([true, false]);
  await media.setMic(false);
  expect(media.waitsFor('audio')).toBe(false);
});

it('a camera that is being asked for and switched off again holds up nothing', async () => {
  await media.setCam(false);
  await media.start();
  browser.asks = true;
  void media.setCam(true);
  await settled();
  expect(browser.requests).toEqual(['audio', 'video']);
  await media.setCam(false);
  expect(media.stage).toBe('ready');
  await browser.answer();
  expect(browser.live).toEqual(['audio']);
});

describe('devices that come and go', () => {
  beforeEach(async () => {
    await media.start();
    expect(browser.live).toEqual(['audio', 'video']);
  });

  it.each([
    ['mic', 'audio', 'audioinput'],
    ['cam', 'video', 'videoinput'],
  ] as const)(
    'the only %s is missed when it goes, and opened when it is back',
    async (id, kind, listed) => {
      const problem = () => (kind === 'audio' ? media.audioProblem : media.videoProblem);
      await browser.unplug(id);
      expect(problem()).toBe('unplugged');
      expect(kind === 'audio' ? media.sendAudio : media.sendVideo).toBeNull();
      await browser.plugIn(listed, 'another', 'Another one');
      expect(problem()).toBeNull();
      expect(browser.live.toSorted()).toEqual(['audio', 'video']);
      expect(notices).toEqual([{ kind, label: 'Another one', undo: null }]);
    },
  );

  it('what was switched off stays off when it is back', async () => {
    await media.setCam(false);
    await browser.unplug('cam');
    await browser.plugIn('videoinput', 'cam', 'Camera');
    expect(browser.live).toEqual(['audio']);
  });

  it('another device takes the place of one that goes', async () => {
    await browser.plugIn('audioinput', 'second', 'Second');
    await browser.unplug('mic');
    expect(media.audioProblem).toBeNull();
    expect(media.micId).toBe('second');
    expect(notices.map(({ label }) => label)).toEqual(['Second']);
  });

  it('the chosen ones are taken again when they are back; the microphone with a way back', async () => {
    await browser.plugIn('audioinput', 'good-mic', 'Good microphone');
    await browser.plugIn('videoinput', 'good-cam', 'Good camera');
    await media.useMic('good-mic');
    await media.useCam('good-cam');
    await browser.unplug('good-mic');
    await browser.unplug('good-cam');
    expect([media.micId, media.camId]).toEqual(['mic', 'cam']);
    notices.length = 0;
    await browser.plugIn('audioinput', 'good-mic', 'Good microphone');
    await browser.plugIn('videoinput', 'good-cam', 'Good camera');
    expect([media.micId, media.camId]).toEqual(['good-mic', 'good-cam']);
    expect(notices.map(({ label }) => label)).toEqual(['Good microphone', 'Good camera']);
    notices[0]?.undo?.();
    await settled();
    expect(media.micId).toBe('mic');
    expect(browser.live.toSorted()).toEqual(['audio', 'video']);
  });
});

describe('permissions that change', () => {
  beforeEach(() => media.start());

  it('a permission that is taken away is said, and given again opens by itself', async () => {
    await browser.permit('audio', 'denied');
    expect(media.audioProblem).toBe('site-blocked');
    expect(browser.live).toEqual(['video']);
    await browser.permit('audio', 'granted');
    expect(media.audioProblem).toBeNull();
    expect(browser.live.toSorted()).toEqual(['audio', 'video']);
  });

  it('nothing is asked out of the blue after the permission was reset', async () => {
    browser.devices = browser.devices.map((device) => ({ ...device, label: '', deviceId: '' }));
    const before = browser.requests.length;
    await browser.permit('video', 'prompt');
    expect(media.videoProblem).toBe('revoked');
    expect(browser.requests).toHaveLength(before);
    await media.setCam(true);
    expect(browser.requests.slice(before)).toEqual(['video']);
  });

  it('leaving ends the wish to come back', async () => {
    await browser.permit('audio', 'denied');
    media.pause();
    await browser.permit('audio', 'granted');
    expect(browser.live).toEqual([]);
  });
});
