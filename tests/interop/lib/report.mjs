// Progress while clients run, the count at the end, and the tables of
// docs/interop.md. Results of earlier runs are kept in build/interop/results.json.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { root } from '../../browser/lib/server.mjs';
import { built } from './prepare.mjs';

const file = `${built}/results.json`;
const page = `${root}docs/interop.md`;

export class Report {
  #order;
  #passed = 0;
  #failed = 0;
  #kept = [];

  /** `order` is that of the rows: names of clients. */
  constructor(order) {
    this.#order = order;
  }

  #say(words, result) {
    const time = result.ms === undefined ? '' : ` ${result.ms.toFixed(1)} ms`;
    console.log(`${result.ok ? '    ok' : 'not ok'}  ${words}${time}${result.note ? `: ${result.note}` : ''}`);
    if (result.ok) this.#passed++;
    else this.#failed++;
  }

  #keep(table, name, value) {
    this.#kept.push({ table, name, value: { ...value, date: new Date().toISOString().slice(0, 10) } });
  }

  /** Those of earlier runs, and of others that ended meanwhile, with ours. */
  #all() {
    const results = existsSync(file) ? JSON.parse(readFileSync(file)) : {};
    for (const { table, name, value } of this.#kept) {
      results[table] ??= {};
      results[table][name] = value;
    }
    return results;
  }

  /** One client over one transport: `{case: {ok, ms?, note?}}`; null is what it never does. */
  row(client, transport, cases, seen) {
    for (const one of cases) {
      const words = `${client.name} ${transport} ${one}`;
      if (seen[one] === null) console.log(`     -  ${words}: ${client.never[one]}`);
      else this.#say(words, seen[one]);
    }
    const kept = Object.fromEntries(cases.map((one) => [one, seen[one]]));
    this.#keep('turn', `${client.name} ${transport}`, { client: client.name, transport, version: seen.version, cases: kept, never: client.never, notes: client.notes });
  }

  /** One MLS library as a member: `{case: {ok, ms?, note?}}`. */
  member(member, cases, seen) {
    for (const one of cases) this.#say(`${member.name} ${one}`, seen[one]);
    this.#keep('mls', member.name, { client: member.name, transport: '', version: member.version, cases: seen });
  }

  /** One measured figure of a client. */
  figure(table, name, result) {
    this.#say(`${name} ${table}`, result);
    this.#keep(table, name, result);
  }

  failed(name, note) {
    this.#say(name, { ok: false, note });
  }

  #caseTable(table, results) {
    const place = ({ client, transport }) => 2 * this.#order.indexOf(client) + (transport === 'tcp' ? 1 : 0);
    const rows = Object.values(results[table] ?? {}).sort((a, b) => place(a) - place(b));
    const names = Object.keys(rows[0]?.cases ?? {});
    const notes = [];
    const noted = (row, note) => {
      const words = `${row.client}: ${note}`.replaceAll('|', '/').slice(0, 200);
      if (!notes.includes(words)) notes.push(words);
      return `[${notes.indexOf(words) + 1}]`;
    };
    const cell = (row, name) => {
      const result = row.cases[name];
      const note = result?.ok ? row.notes?.[name] : result ? result.note : row.never?.[name];
      const mark = note ? ` ${noted(row, note)}` : '';
      if (!result) return `–${mark}`;
      if (!result.ok) return `**fails**${mark}`;
      return `${result.ms === undefined ? 'yes' : result.ms.toFixed(result.ms < 10 ? 1 : 0)}${mark}`;
    };
    const lines = rows.map((row) =>
      `| ${row.client} | ${row.version ?? ''} | ${row.transport} | ${names.map((name) => cell(row, name)).join(' | ')} | ${row.date} |`);
    return [
      `| client | version | over | ${names.join(' | ')} | run |`,
      `|${'---|'.repeat(names.length + 4)}`,
      ...lines,
      '',
      ...notes.map((note, i) => `${i + 1}. ${note}`),
    ];
  }

  #figureTable(table, results) {
    const rows = Object.entries(results[table] ?? {});
    return [
      '| client | | figures | run |',
      '|---|---|---|---|',
      ...rows.map(([name, { ok, note, date }]) => `| ${name} | ${ok ? 'yes' : '**fails**'} | ${note} | ${date} |`),
    ];
  }

  /** Puts the tables between their marks in docs/interop.md. */
  write() {
    let text = readFileSync(page, 'utf8');
    const results = this.#all();
    const tables = [
      ...['turn', 'mls'].map((table) => [table, this.#caseTable(table, results)]),
      ...['long', 'opening', 'together'].map((table) => [table, this.#figureTable(table, results)]),
    ];
    for (const [table, lines] of tables) {
      const mark = (word) => `<!-- ${table}: ${word} -->`;
      const [from, to] = [text.indexOf(mark('begin')), text.indexOf(mark('end'))];
      if (from < 0 || to < 0) throw new Error(`docs/interop.md has no place for ${table}`);
      text = `${text.slice(0, from)}${mark('begin')}\n${lines.join('\n')}\n${text.slice(to)}`;
    }
    writeFileSync(page, text);
  }

  /** Keeps the results and says the count. */
  close() {
    mkdirSync(built, { recursive: true });
    writeFileSync(file, JSON.stringify(this.#all(), null, 1));
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    process.exitCode = this.#failed > 0 || this.#passed === 0 ? 1 : 0;
  }
}
