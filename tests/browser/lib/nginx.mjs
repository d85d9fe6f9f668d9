// Debian's nginx in front of a server, with the site that is shipped and a
// certificate of an authority of our own; everything on free ports, in a folder
// that goes away.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, pause, root } from './server.mjs';

const program = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(existsSync) ?? 'nginx';
const run = promisify(execFile);

/** A certificate authority, and a certificate of it for localhost. */
export function makeCertificates(folder, days = 90) {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test authority', '-days', '90');
  openssl('req', ...key, '-keyout', 'privkey.pem', '-out', 'site.csr', '-subj', '/CN=localhost');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost\n');
  openssl('x509', '-req', '-in', 'site.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'fullchain.pem', '-days', `${days}`, '-extfile', 'names');
}

export class Nginx {
  /** `change` edits the text of the site first; behind a `firewall` it has ports 443 and 80. */
  static async start(server, { change = (text) => text, days, firewall = null } = {}) {
    const nginx = new Nginx();
    nginx.folder = mkdtempSync(join(tmpdir(), 'catchup-nginx-'));
    nginx.httpsPort = firewall ? 443 : await freePort();
    nginx.httpPort = firewall ? 80 : await freePort();
    nginx.url = firewall ? `https://${firewall.address}` : `https://localhost:${nginx.httpsPort}`;
    nginx.prefix = firewall?.prefix ?? [];
    makeCertificates(nginx.folder, days);
    nginx.authority = join(nginx.folder, 'ca.crt');
    // Names, ports and the folder of certificates; the rest is as it is shipped.
    const site = readFileSync(`${root}mk/nginx/turn.nginx`, 'utf8')
      .replaceAll('/etc/letsencrypt/live/meet.example.com', nginx.folder)
      .replaceAll('meet.example.com', 'localhost')
      .replaceAll('127.0.0.1:8011', `127.0.0.1:${server.port}`)
      .replace(/listen (\[::\]:)?80;/g, `listen $1${nginx.httpPort};`)
      .replace(/listen (\[::\]:)?443 /g, `listen $1${nginx.httpsPort} `);
    writeFileSync(join(nginx.folder, 'site'), change(site));
    for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(nginx.folder, name));
    writeFileSync(
      join(nginx.folder, 'nginx.conf'),
      `daemon off; pid ${nginx.folder}/pid; error_log ${nginx.folder}/error.log;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  gzip on;
  client_body_temp_path ${nginx.folder}/body; proxy_temp_path ${nginx.folder}/proxy;
  fastcgi_temp_path ${nginx.folder}/fastcgi; uwsgi_temp_path ${nginx.folder}/uwsgi; scgi_temp_path ${nginx.folder}/scgi;
  include ${nginx.folder}/site;
}
`,
    );
    await nginx.test();
    const [command, ...args] = nginx.#command();
    nginx.child = spawn(command, args, { stdio: 'ignore' });
    for (let i = 0; i < 100; i++) {
      // Its certificate is for localhost.
      const anyName = firewall ? ['-k'] : [];
      if (await nginx.curl(...anyName, '-o', '/dev/null', `${nginx.url}/healthz`).then(() => true, () => false)) return nginx;
      await pause(50);
    }
    await nginx.close();
    throw new Error('nginx did not start');
  }

  #command(...more) {
    return [...this.prefix, program, ...more, '-e', `${this.folder}/error.log`, '-p', this.folder, '-c', `${this.folder}/nginx.conf`];
  }

  /** nginx -t; rejects when it does not like the site. */
  test() {
    const [command, ...args] = this.#command('-t');
    return run(command, args);
  }

  /** curl that trusts the authority; resolves to what it prints. */
  async curl(...args) {
    return (await run('curl', ['-sS', '--max-time', '10', '--cacert', this.authority, ...args])).stdout;
  }

  get log() {
    return readFileSync(join(this.folder, 'error.log'), 'utf8');
  }

  async close() {
    if (this.child.exitCode === null) {
      const ended = new Promise((done) => this.child.once('exit', done));
      this.child.kill('SIGQUIT');
      const late = setTimeout(() => this.child.kill('SIGKILL'), 2000);
      await ended;
      clearTimeout(late);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
