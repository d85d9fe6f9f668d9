// A network namespace behind a packet filter that lets in what README.md says and no
// more: a VPS of its own, with this machine as the world outside.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const rules = `table inet filter {
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    tcp dport { 80, 443, 3478 } accept
    udp dport 3478 accept
  }
}`;

/** Why there can be none here; null when there can. */
export function missing() {
  if (process.getuid() !== 0) return 'needs root';
  const programs = ['/usr/sbin/nft', '/usr/sbin/ip'].map((path) => [path, path.replace('/usr', '')]);
  const [lacking] = programs.filter((paths) => !paths.some(existsSync));
  if (lacking) return `needs ${lacking[0]}`;
  try {
    execFileSync('ip', ['netns', 'add', `cu-try-${process.pid}`], { stdio: 'pipe' });
    execFileSync('ip', ['netns', 'exec', `cu-try-${process.pid}`, 'nft', rules], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `no namespaces with packet filters: ${error.stderr}`.trim();
  } finally {
    try {
      execFileSync('ip', ['netns', 'delete', `cu-try-${process.pid}`], { stdio: 'pipe' });
    } catch {
      // There was none.
    }
  }
}

export class Firewall {
  name = `cu-${process.pid}`;
  /** This machine's end of the wire. */
  outside = `cu${process.pid}`;
  /** Of documentation networks, so it is nobody's (RFC 5737). */
  address = '198.51.100.2';

  static async start() {
    const wall = new Firewall();
    const ip = (...args) => execFileSync('ip', args, { stdio: 'pipe' });
    ip('netns', 'add', wall.name);
    try {
      ip('link', 'add', wall.outside, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', wall.name);
      ip('address', 'add', '198.51.100.1/30', 'dev', wall.outside);
      ip('link', 'set', wall.outside, 'up');
      for (const words of ['link set lo up', `address add ${wall.address}/30 dev eth0`, 'link set eth0 up'])
        ip('-n', wall.name, ...words.split(' '));
      execFileSync('ip', [...wall.prefix.slice(1), 'nft', rules], { stdio: 'pipe' });
    } catch (error) {
      await wall.close();
      throw error;
    }
    return wall;
  }

  /** Prefix of a command that is to run inside. */
  get prefix() {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** Runs a command inside; resolves to what it prints. */
  async run(...command) {
    const [program, ...args] = [...this.prefix, ...command];
    return (await promisify(execFile)(program, args)).stdout;
  }

  async close() {
    for (const words of [`link delete ${this.outside}`, `netns delete ${this.name}`])
      try {
        execFileSync('ip', words.split(' '), { stdio: 'pipe' });
      } catch {
        // It did not come to be.
      }
  }
}

const noUdp = `table inet filter {
  chain output {
    type filter hook output priority 0; policy accept;
    meta l4proto udp drop
  }
}`;

/** A machine whose packet filter drops all UDP that programs send, also to itself. */
export class NoUdp {
  name = `cu-noudp-${process.pid}`;
  /** Of an interface that leads nowhere: browsers gather nothing on loopback alone (RFC 2544). */
  address = '198.18.0.1';

  static async start() {
    const machine = new NoUdp();
    execFileSync('ip', ['netns', 'add', machine.name], { stdio: 'pipe' });
    try {
      const ip = (words) => execFileSync('ip', ['-n', machine.name, ...words.split(' ')], { stdio: 'pipe' });
      ip('link set lo up');
      ip('link add out type veth peer name far');
      ip('link set far up');
      ip(`address add ${machine.address}/24 dev out`);
      ip('link set out up');
      ip('route add default via 198.18.0.2');
      execFileSync('ip', [...machine.prefix.slice(1), 'nft', noUdp], { stdio: 'pipe' });
    } catch (error) {
      await machine.close();
      throw error;
    }
    return machine;
  }

  get prefix() {
    return ['ip', 'netns', 'exec', this.name];
  }

  async run(...command) {
    const [program, ...args] = [...this.prefix, ...command];
    return (await promisify(execFile)(program, args)).stdout;
  }

  /** A program that runs another one inside, for those that take a path alone. */
  wrapped(path) {
    this.folder ??= mkdtempSync(join(tmpdir(), 'catchup-inside-'));
    const script = join(this.folder, 'inside');
    writeFileSync(script, `#!/bin/sh\nexec ${this.prefix.join(' ')} ${path} "$@"\n`, { mode: 0o755 });
    return script;
  }

  async close() {
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    execFileSync('ip', ['netns', 'delete', this.name], { stdio: 'pipe' });
  }
}
