// What a page is made to believe of its devices, before it loads. Each function
// gives a script; nothing of it is in the app.

/** The Permissions API answers `state` for everything. */
export const permission = (state) =>
  `navigator.permissions.query = async () => ({ state: ${JSON.stringify(state)} });`;

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

/** The microphone gives nothing but silence. */
export const silence = `AnalyserNode.prototype.getFloatTimeDomainData = (samples) => samples.fill(0);`;

/** How many tracks of each kind are open now. */
export const open = (person) =>
  person.page.evaluate(() =>
    window.opened.filter((track) => track.readyState === 'live').map((track) => track.kind).sort(),
  );
