// Fakes of a page's devices, installed before it loads. Each function
// gives a script; nothing of it is in the app.

/** The Permissions API answers `state` for everything. */
export const permission = (state) =>
  `navigator.permissions.query = async () => Object.assign(new EventTarget(), { state: ${JSON.stringify(state)} });`;

/** getUserMedia refuses requests with `kind` ('audio', 'video'; null: all) in them. */
export const refuse = (name, { kind = null, message = '' } = {}) => `{
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) =>
    ${JSON.stringify(kind)} === null || wanted[${JSON.stringify(kind)}]
      ? Promise.reject(new DOMException(${JSON.stringify(message)}, ${JSON.stringify(name)}))
      : open(wanted);
}`;

/** getUserMedia leaves its question open until window.answer(). */
export const hang = `{
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let answers = [];
  window.answer = () => answers.splice(0).forEach((settle) => settle());
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    await new Promise((settle) => answers.push(settle));
    return open(wanted);
  };
}`;

/** Counts what is opened: window.opened is every track there ever was. */
export const countTracks = `{
  window.opened = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    window.opened.push(...stream.getTracks());
    return stream;
  };
}`;

/** A headset that is there after window.plugIn(). */
export const headset = `{
  const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  let there = false;
  window.plugIn = () => {
    there = true;
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  };
  navigator.mediaDevices.enumerateDevices = async () =>
    (await list())
      .map(({ kind, deviceId, label }) => ({ kind, deviceId, label }))
      .filter(({ label }) => there || !label.includes('Input 2'))
      .map((each) => (each.label.includes('Input 2') ? { ...each, label: 'Test Headset' } : each));
}`;

/**
 * Devices of a kind ('audioinput', 'videoinput') and single speakers that go with
 * window.unplug(kind or id) and are back with window.plugIn(). Speakers are 'default'
 * and 'headset'; an element on one that is gone is silent, and its id is refused.
 */
export const plugs = `{
  const media = navigator.mediaDevices;
  const [list, open] = [media.enumerateDevices.bind(media), media.getUserMedia.bind(media)];
  const gone = new Set();
  const speaker = (deviceId, label) => ({ kind: 'audiooutput', deviceId, label });
  const speakers = [speaker('default', 'Default'), speaker('headset', 'Test Headset')];
  const kinds = { audio: 'audioinput', video: 'videoinput' };
  window.opened = [];
  window.unplug = (what) => {
    gone.add(what);
    for (const track of window.opened) {
      if (kinds[track.kind] !== what || track.readyState === 'ended') continue;
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }
    media.dispatchEvent(new Event('devicechange'));
  };
  window.plugIn = () => {
    gone.clear();
    media.dispatchEvent(new Event('devicechange'));
  };
  media.getUserMedia = async (wanted) => {
    for (const [kind, listed] of Object.entries(kinds))
      if (wanted[kind] && gone.has(listed)) throw new DOMException('', 'NotFoundError');
    const stream = await open(wanted);
    window.opened.push(...stream.getTracks());
    return stream;
  };
  media.enumerateDevices = async () =>
    [...(await list()).filter(({ kind }) => kind !== 'audiooutput'), ...speakers]
      .map(({ kind, deviceId, label }) => ({ kind, deviceId, label }))
      .filter(({ kind, deviceId }) => !gone.has(kind) && !gone.has(deviceId));
  const sinks = new WeakMap();
  Object.defineProperty(HTMLMediaElement.prototype, 'sinkId', {
    get() { return sinks.get(this) ?? ''; },
  });
  HTMLMediaElement.prototype.setSinkId = async function (id) {
    if (gone.has(id)) throw new DOMException('', 'NotFoundError');
    sinks.set(this, id);
  };
}`;

/** The page is in a tab behind others until window.show(). */
export const behind = `{
  let hidden = true;
  Object.defineProperty(document, 'hidden', { get: () => hidden });
  Object.defineProperty(document, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') });
  window.show = () => {
    hidden = false;
    document.dispatchEvent(new Event('visibilitychange'));
  };
}`;

/** The microphone gives nothing but silence. */
export const silence = `AnalyserNode.prototype.getFloatTimeDomainData = (samples) => samples.fill(0);`;

/** How many tracks of each kind are open now. */
export const open = (person) =>
  person.page.evaluate(() =>
    window.opened.filter((track) => track.readyState === 'live').map((track) => track.kind).sort(),
  );
