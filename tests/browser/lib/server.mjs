// The real program, one process a case, on free ports of this machine.
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { existsSync } from 'node:fs';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const program = process.env.TEST_PROGRAM ?? `${root}build/release/catchup`;
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * A port free for TCP and UDP at the moment, below those that systems give to
 * outgoing connections: it is still free when a server comes back to it.
 */
export async function freePort() {
  for (;;) {
    const port = 20_000 + randomInt(12_000);
    const tcp = net.createServer();
    const udp = dgram.createSocket('udp6');
    const bound = (socket, start) =>
      new Promise((done) => {
        socket.once('error', () => done(false));
        start(() => done(true));
      });
    const free = [
      await bound(tcp, (done) => tcp.listen(port, done)),
      await bound(udp, (done) => udp.bind(port, done)),
    ];
    if (free[0]) await new Promise((done) => tcp.close(done));
    if (free[1]) await new Promise((done) => udp.close(done));
    if (free[0] && free[1]) return port;
  }
}

export class Server {
  #output = [];
  #process;

  static async #startOnce(env, firewall) {
    if (!existsSync(program)) throw new Error(`${program} is not built (mk/test release)`);
    const server = new Server();
    server.firewall = firewall;
    server.port = firewall ? 8011 : await freePort();
    server.relayPort = firewall ? 3478 : await freePort();
    server.adminPort = firewall ? 8001 : await freePort();
    server.url = `http://localhost:${server.port}`;
    server.turnSecret = randomBytes(32).toString('hex');
    server.env = {
      PATH: process.env.PATH,
      TURN_SECRET: server.turnSecret,
      CATCHUP_DOMAIN: firewall?.address ?? 'localhost',
      CATCHUP_HTTP_PORT: `${server.port}`,
      CATCHUP_RELAY_PORT: `${server.relayPort}`,
      CATCHUP_PUBLIC_IP: firewall?.address ?? '127.0.0.1',
      CATCHUP_ADMIN_ADDR: `127.0.0.1:${server.adminPort}`,
      CATCHUP_DRAIN_SECONDS: '1',
      CATCHUP_LOG: 'debug',
      ...env,
    };
    await server.launch();
    return server;
  }

  /**
   * Starts and waits until it answers. `env` adds to or replaces settings. Behind a
   * `firewall` it has the ports that it has in production. When another process was
   * faster to take a port, it is started again on other ones.
   */
  static async start(env = {}, firewall = null) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await Server.#startOnce(env, firewall);
      } catch (error) {
        if (attempt === 3 || firewall || !/in use/.test(error.message)) throw error;
      }
    }
  }

  /** Starts it (again) on the same ports with the same secret. */
  async launch() {
    const [command, ...args] = [...(this.firewall?.prefix ?? []), program];
    const child = spawn(command, args, { cwd: root, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    child.stdout.on('data', (data) => this.#output.push(data));
    child.stderr.on('data', (data) => this.#output.push(data));
    this.ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
    for (const end = Date.now() + 20_000; Date.now() < end;) {
      if (child.exitCode !== null) break;
      const health = `${this.url}/healthz`;
      const asked = this.firewall ? this.firewall.run('curl', '-fsS', health) : fetch(health);
      if (await asked.then((r) => r.ok ?? true, () => false)) return;
      await pause(50);
    }
    child.kill('SIGKILL');
    throw new Error(`the server did not start:\n${this.log}`);
  }

  get pid() {
    return this.#process.pid;
  }

  /** Everything it has printed. */
  get log() {
    return Buffer.concat(this.#output).toString();
  }

  /** From now on nobody reads what it prints, until `readOn`. */
  stopReading() {
    for (const end of [this.#process.stdout, this.#process.stderr]) end.pause();
  }

  readOn() {
    for (const end of [this.#process.stdout, this.#process.stderr]) end.resume();
  }

  async kill(signal = 'SIGKILL') {
    this.#process.kill(signal);
    return this.ended;
  }

  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode) return;
    const late = setTimeout(() => this.#process.kill('SIGKILL'), 8000);
    await this.kill('SIGTERM');
    clearTimeout(late);
  }

  /** An address that no request came from yet, for X-Forwarded-For. */
  newSource() {
    return `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;
  }
}
