/** One actor, as `/admin/api` tells of it (docs/operations.md). */
export interface ActorNode {
  id: string;
  kind: string;
  name: string;
  parent: string;
  state: string;
  /** Unix seconds. */
  since: number;
  mailbox: number;
  high_water: number;
  messages: number;
  restarts: number;
  last_error?: string;
  /** The peer whose allocation it is. */
  peer?: string;
  counters: Record<string, number>;
}

export interface ServerStatus {
  version: string;
  draining: boolean;
  log_level: string;
  listeners: number;
  /** Results of the self-probe; empty before the first one. */
  self_probe: SelfCheck[];
}

export interface SelfCheck {
  check: string;
  ok: boolean;
  /** In a few words; empty when ok. */
  trouble: string;
  /** When the certificate that was shown ends, unix seconds; 0: none was. */
  expires: number;
}

export interface Change {
  changed: ActorNode[];
  gone: string[];
}
