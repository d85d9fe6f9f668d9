// The numbers of our cipher suites on the wire.
import { ciphersuites, getCiphersuiteNameFromId } from 'ts-mls/crypto/ciphersuite.js';
import { afterEach, describe, expect, it } from 'vitest';
import { newMember, newRoom } from '../testing/members';
import { decodeStrict } from './decode';
import { hybridSuiteId } from './suite';

/** MLSMessage: version, wire format; then KeyPackage: version, cipher suite (RFC 9420 §6, §10). */
async function suiteOfKeyPackage(version: 1 | 2): Promise<number> {
  const room = await newRoom(version);
  const { bytes } = await (await newMember(room, version)).keyPackage();
  decodeStrict(bytes, 'mls_key_package');
  return new DataView(bytes.buffer, bytes.byteOffset).getUint16(6);
}

describe('the cipher suite of a link with the digit 2', () => {
  const table: Record<string, number> = ciphersuites;
  const published = { ...table };
  afterEach(() => {
    for (const name of Object.keys(table)) delete table[name];
    Object.assign(table, published);
  });

  it('has a number of the private-use range, on the wire as well', async () => {
    expect(hybridSuiteId).toBeGreaterThanOrEqual(0xf000);
    expect(hybridSuiteId).toBeLessThanOrEqual(0xffff);
    expect(await suiteOfKeyPackage(2)).toBe(0xf3c2);
  });

  it('keeps its number when the library moves its X-Wing suites', async () => {
    for (const name of Object.keys(table)) if (name.includes('XWING')) table[name] = 0xf00d;
    expect(await suiteOfKeyPackage(2)).toBe(0xf3c2);
    for (const name of Object.keys(table)) if (name.includes('XWING')) delete table[name];
    expect(await suiteOfKeyPackage(2)).toBe(0xf3c2);
  });

  it('has a number to which the library gives no meaning of its own', () => {
    expect(getCiphersuiteNameFromId(hybridSuiteId as never)).toBeUndefined();
  });
});

it('the cipher suite of a link with the digit 1 is the registered one', async () => {
  expect(await suiteOfKeyPackage(1)).toBe(1);
});
