import type { ParsedLink } from './link';
import type { Call } from './types';

export function createCall(_link: ParsedLink): Call {
  throw new Error('not built yet');
}
