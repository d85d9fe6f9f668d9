/** Whether somebody who is muted talks: loud for a while, not one knock on the table. */

/** About -36 dB, see `levelOf`. */
const loudLevel = 0.4;
const windowMs = 1_500;
/** So many of the readings of the window have to be loud. */
const loudShare = 0.4;
const lastsMs = 4_000;

export class MutedTalk {
  private readings: { at: number; loud: boolean }[] = [];
  private until = 0;

  /** Ten times a second; `level` is 0 to 1. Stays true for four seconds after the last word. */
  update(level: number, now: number): boolean {
    this.readings = this.readings.filter(({ at }) => now - at < windowMs);
    this.readings.push({ at: now, loud: level >= loudLevel });
    const loud = this.readings.filter((reading) => reading.loud).length;
    const enough = this.readings.length * 100 >= windowMs / 2;
    if (enough && loud >= this.readings.length * loudShare) this.until = now + lastsMs;
    return now < this.until;
  }
}
