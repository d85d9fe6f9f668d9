/** Worker addresses under Trusted Types: only files this site's build made. */

interface Policy {
  createScriptURL(url: string): string;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

function checked(url: string): string {
  const { origin, pathname } = new URL(url, location.href);
  const ours = pathname.startsWith('/assets/') || import.meta.env.DEV;
  if (origin !== location.origin || !ours) throw new TypeError('not a script of this site');
  return url;
}

let policy: Policy | null = null;

/** Named `catchup` in the page's `trusted-types` directive. */
export function trustedScript(url: string): string {
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  policy ??= factory?.createPolicy('catchup', { createScriptURL: checked }) ?? {
    createScriptURL: checked,
  };
  return policy.createScriptURL(url);
}
