/** Which speaker is used when the chosen one goes and comes back. */
import type { Device } from './list';

export interface SpeakerChange {
  kind: 'gone' | 'back';
  label: string;
}

/**
 * Follows the chosen speaker. While it is not there the default one is used: elements that
 * stay with a device that is gone are silent.
 */
export class SpeakerWatch {
  /** The id to use now; '' is the default speaker. */
  id = '';
  private chosen = '';
  private label = '';
  private missing = false;

  /** Returns what the person should hear of. An empty list says nothing of any speaker. */
  update(chosen: string, speakers: readonly Device[]): SpeakerChange | null {
    if (chosen !== this.chosen) {
      this.chosen = chosen;
      this.label = '';
      this.missing = false;
      this.id = chosen;
    }
    if (chosen === '' || speakers.length === 0) return null;
    const there = speakers.find(({ id }) => id === chosen);
    const before = this.missing;
    this.missing = there === undefined;
    this.id = there ? chosen : '';
    const known = this.label;
    if (there) this.label = there.label;
    if (this.missing === before) return null;
    if (there) return { kind: 'back', label: there.label };
    // Not there from the beginning: nothing changed for the person.
    return known === '' ? null : { kind: 'gone', label: known };
  }
}
