/** The sound of the others: one element per person, outside of any tile. */
import { unwaited } from '../lib/browser/deadline';
import type { Member } from '../lib/call/types';
import { useSpeaker } from '../lib/devices/speaker';

/** Elements made ready within the tap on Join; phones let only those play later. */
const READY = 4;

export class AudioOut {
  /** The browser wants a tap before it plays anything. */
  blocked = $state(false);

  private readonly used = new Map<string, HTMLAudioElement>();
  private spare: HTMLAudioElement[] = [];
  private speakerId = '';

  /** To be called within a tap or a key press. */
  unlock(): void {
    while (this.spare.length < READY) {
      const element = make();
      element.srcObject = new MediaStream();
      unwaited(element.play());
      this.spare.push(element);
    }
  }

  /** Plays what the members send now, all of it on one speaker. */
  update(members: readonly Member[], speakerId: string): void {
    this.speakerId = speakerId;
    const ids = new Set(members.map((member) => member.id));
    for (const [id, element] of this.used) {
      if (ids.has(id)) continue;
      element.srcObject = null;
      this.used.delete(id);
      this.spare.push(element);
    }
    for (const member of members) this.give(member.id, member.audio);
  }

  /** After a tap on "Tap to hear everyone". */
  resume(): void {
    this.blocked = false;
    for (const element of this.used.values()) if (element.srcObject) this.start(element);
  }

  close(): void {
    for (const element of [...this.used.values(), ...this.spare]) {
      element.srcObject = null;
      element.remove();
    }
    this.used.clear();
    this.spare = [];
    this.blocked = false;
  }

  private give(id: string, stream: MediaStream | null): void {
    let element = this.used.get(id);
    if (!element) {
      if (!stream) return;
      element = this.spare.pop() ?? make();
      this.used.set(id, element);
    }
    void useSpeaker(element, this.speakerId);
    if (element.srcObject === stream) return;
    element.srcObject = stream;
    if (stream) this.start(element);
  }

  private start(element: HTMLAudioElement): void {
    unwaited(element.play(), (error) => {
      if (error.name === 'NotAllowedError') this.blocked = true;
    });
  }
}

function make(): HTMLAudioElement {
  const element = document.createElement('audio');
  element.hidden = true;
  element.autoplay = true;
  element.dataset.testid = 'remote-audio';
  document.body.append(element);
  return element;
}
