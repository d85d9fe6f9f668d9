/** Where sound comes out. */
import { unwaited, within } from '../browser/deadline';

const switchLimit = 3_000;
const playLimit = 3_000;

/** False where the system alone decides (phones mostly). */
export function canChooseSpeaker(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype;
}

/** Sends an element's sound to a speaker; the default one when that fails. */
export async function useSpeaker(element: HTMLMediaElement, id: string): Promise<void> {
  if (!canChooseSpeaker() || element.sinkId === id) return;
  try {
    await within(switchLimit, element.setSinkId(id));
  } catch {
    if (element.sinkId) unwaited(element.setSinkId(''));
  }
}

/** Two short notes on the chosen speaker. */
export async function playTestSound(speakerId: string): Promise<void> {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = out.stream;
  await useSpeaker(element, speakerId);
  [523.25, 783.99].forEach((frequency, index) => {
    const start = context.currentTime + 0.1 + index * 0.25;
    const note = context.createOscillator();
    const loudness = context.createGain();
    note.frequency.value = frequency;
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.25, start + 0.03);
    loudness.gain.linearRampToValueAtTime(0, start + 0.35);
    note.connect(loudness).connect(out);
    note.start(start);
    note.stop(start + 0.4);
  });
  try {
    await within(playLimit, element.play());
    await new Promise((done) => setTimeout(done, 1000));
  } finally {
    element.srcObject = null;
    unwaited(context.close());
  }
}
