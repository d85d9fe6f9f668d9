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

  it('says after four seconds that an answer is waited for', async () => {
    await vi.advanceTimersByTimeAsync(3900);
    expect(media.waiting).toBeNull();
    await vi.advanceTimersByTimeAsync(200);
    expect(media.waiting).toBe('answer');
    await browser.answer();
    expect(media.waiting).toBeNull();
    expect(browser.live).toEqual(['audio', 'video']);
  });

  it('says "slow" where permission was given: the device is what takes time', async () => {
    browser.permissions = { audio: 'granted', video: 'granted' };
    await vi.advanceTimersByTimeAsync(4100);
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
