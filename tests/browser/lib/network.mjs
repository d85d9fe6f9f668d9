// A network of a case's own, which it can cut. The case runs once more, server and
// browsers and all, in a process inside a network namespace: nothing else is there.
import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { missing as missingFilter } from './firewall.mjs';

const main = fileURLToPath(new URL('../main.mjs', import.meta.url));
const marker = 'TEST_OWN_NETWORK';

/** This process is inside. */
export const inside = process.env[marker] === '1';

/** Why there can be no such network here; null when there can. */
export const missing = () => (inside ? null : missingFilter());

let made = 0;

/** Plays the scenario `title` inside; rejects with all that was printed when it fails there. */
export async function playInside(title, timeout) {
  const name = `cu-net-${process.pid}-${made++}`;
  const ip = (...args) => execFileSync('ip', args, { stdio: 'pipe' });
  ip('netns', 'add', name);
  try {
    // Browsers want an interface besides the loopback; the address is of a
    // documentation network (RFC 5737).
    const setup = ['link set lo up', 'link add wire0 type veth peer name wire1', 'link set wire0 up', 'link set wire1 up'];
    for (const words of [...setup, 'address add 198.51.100.2/24 dev wire0', 'route add default dev wire0'])
      ip('-n', name, ...words.split(' '));
    const pattern = `^${title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
    const args = ['netns', 'exec', name, process.execPath, '--test-reporter=spec', `--test-name-pattern=${pattern}`, main];
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn('ip', args, { env: { ...env, [marker]: '1' }, stdio: ['ignore', 'pipe', 'pipe'], timeout });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (printed += data));
    const code = await new Promise((done) => child.once('close', done));
    if (code !== 0 || !/^. pass 1$/m.test(printed)) throw new Error(`failed inside:\n${printed}`);
    // Output of the case; the rest is of the runner.
    return printed.split('\n').filter((line) => line.trim() !== '' && !/^\W/.test(line)).join('\n');
  } finally {
    ip('netns', 'delete', name);
  }
}

/** The packet filter inside. What it drops is lost without an error, as on a real way. */
export class Network {
  /**
   * Drops what `matches`, words of nft(8), one rule each: `meta l4proto udp`, `tcp dport 3478`.
   */
  cut(...matches) {
    const rules = matches.map((match) => `${match} drop\n`).join('');
    this.#nft(`table inet cut {\n chain way {\n type filter hook input priority 0\n ${rules} }\n}`);
  }

  restore() {
    this.#nft('table inet cut');
    this.#nft('delete table inet cut');
  }

  #nft(rules) {
    execFileSync('nft', [rules], { stdio: 'pipe' });
  }
}
