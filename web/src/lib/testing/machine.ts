/** A machine for tests: its clocks advance, it sleeps, and somebody sets its wall clock. */
import { Clock } from '../clock';

export const hours = (count: number) => count * 3_600_000;

export class Machine {
  private steady = 0;
  private wall = Date.UTC(2026, 0, 1);
  readonly clock = new Clock({ steady: () => this.steady, wall: () => this.wall });

  /** Milliseconds pass while the machine is awake. */
  pass(milliseconds: number): void {
    this.steady += milliseconds;
    this.wall += milliseconds;
  }

  /** Sleep as Linux, macOS and phones show it: the steady clock stands still. */
  sleep(milliseconds: number): void {
    this.wall += milliseconds;
  }

  /** Somebody, or NTP, sets the wall clock by so much; negative: back. */
  setWall(milliseconds: number): void {
    this.wall += milliseconds;
  }
}
