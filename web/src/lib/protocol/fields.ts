/** Reading maps that came over the network, field by field. */
import { type Bytes, copy } from '../crypto/bytes';

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields of a map; every getter throws when the field is missing or of another kind. */
export class Fields {
  constructor(private readonly map: Record<string, unknown>) {}

  has(name: string): boolean {
    return Object.hasOwn(this.map, name);
  }

  value(name: string): unknown {
    return this.has(name) ? this.map[name] : undefined;
  }

  text(name: string): string {
    const value = this.value(name);
    if (typeof value !== 'string') throw new TypeError(name);
    return value;
  }

  uint(name: string): number {
    const value = this.value(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new TypeError(name);
    }
    return value;
  }

  /** For epochs. */
  big(name: string): bigint {
    return BigInt(this.uint(name));
  }

  /** A copy: what was decoded points into the whole message. */
  bytes(name: string, length?: number): Bytes {
    const value = this.value(name);
    if (!(value instanceof Uint8Array)) throw new TypeError(name);
    if (length !== undefined && value.length !== length) throw new TypeError(name);
    return copy(value);
  }

  list(name: string): unknown[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw new TypeError(name);
    return value;
  }

  maps(name: string): Fields[] {
    return this.list(name).map((value) => {
      if (!isMap(value)) throw new TypeError(name);
      return new Fields(value);
    });
  }
}
