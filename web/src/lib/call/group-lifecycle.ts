/** Life of the group worker of a call: whether it may send, and its replacement when it died. */
import { clock } from '../clock';
import { events } from '../events';
import type { FromGroup, ToGroup } from '../mls/group/host-messages';
import type { ParsedLink } from './link';
import { replaceGroup, type Workers, whyNotStarted } from './prepare';
import type { RestartLimiter } from './restart-limiter';
import type { CallError } from './types';

export interface GroupLifecycleOptions {
  link: ParsedLink;
  workers: Workers;
  restarts: RestartLimiter;
  onmessage(message: FromGroup): void;
  /** The worker died, and what it had to send is lost. */
  onlost(): void;
  /** Nothing is sent, because the keys are in doubt or there is no group; or sending goes on. */
  onheld(held: boolean): void;
  /** Another worker has started. False: no session has begun that it could join with. */
  readmit(): Promise<boolean>;
  onfailed(error: CallError): void;
}

export class GroupLifecycle {
  /** Another worker is about to take the place of one that died. */
  private renewing = false;
  private stopped = false;

  constructor(private readonly options: GroupLifecycleOptions) {
    this.listen();
  }

  /** False: there is no worker any more. */
  post(message: Exclude<ToGroup, { t: 'open' }>): boolean {
    return this.options.workers.group.post(message);
  }

  stop(): void {
    this.stopped = true;
    this.options.workers.frames.stop();
    this.options.workers.group.stop();
  }

  private listen(): void {
    const { group } = this.options.workers;
    group.onmessage = (message) => this.handle(message);
    group.onbroken = (why) => void this.renew(why);
  }

  private handle(message: FromGroup): void {
    if (message.t === 'status') {
      events.note('group', message.status);
      if (message.status === 'in') this.renewed();
    } else if (message.t === 'hold') {
      events.note(message.on ? 'sending is held' : 'sending goes on');
      this.options.onheld(message.on || this.renewing);
    }
    this.options.onmessage(message);
    if (message.t === 'status' && message.status === 'failed') {
      this.fail(`group ${message.reason}`);
    }
  }

  private renewed(): void {
    if (!this.renewing) return;
    this.renewing = false;
    this.options.onheld(false);
  }

  private fail(detail: string): void {
    this.options.onfailed({ code: 'encryption-failed', detail });
  }

  private async renew(why: string): Promise<void> {
    const { link, workers, restarts } = this.options;
    events.note('group worker broke', why);
    const generation = restarts.next(clock.steady());
    if (generation === null) return this.fail(why);
    this.renewing = true;
    this.options.onheld(true);
    this.options.onlost();
    const group = await replaceGroup(link, workers.frames, generation);
    if (this.stopped) return group?.stop();
    if (group === null) return this.options.onfailed(await whyNotStarted(why));
    workers.group = group;
    this.listen();
    if (!(await this.options.readmit())) this.renewed();
  }
}
