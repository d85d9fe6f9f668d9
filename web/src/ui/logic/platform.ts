/** Which browser on which system: only to show the right steps, never to decide what works. */

export type Browser = 'chrome' | 'edge' | 'firefox' | 'safari' | 'samsung' | 'other';
export type System = 'windows' | 'macos' | 'linux' | 'android' | 'ios' | 'other';

export interface Platform {
  browser: Browser;
  system: System;
  phone: boolean;
  /** Opened inside another app (mail, social), which often cannot make calls. */
  embedded: boolean;
}

/** `touchPoints` tells an iPad, which calls itself a Mac, from a Mac. */
export function platformOf(agent: string, touchPoints = 0): Platform {
  const ios = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1);
  const system: System = ios
    ? 'ios'
    : /Android/.test(agent)
      ? 'android'
      : /Windows/.test(agent)
        ? 'windows'
        : /Macintosh/.test(agent)
          ? 'macos'
          : /Linux|X11|CrOS/.test(agent)
            ? 'linux'
            : 'other';
  const browser: Browser = /SamsungBrowser/.test(agent)
    ? 'samsung'
    : /Edg(?:e|A|iOS)?\//.test(agent)
      ? 'edge'
      : /Firefox\/|FxiOS\//.test(agent)
        ? 'firefox'
        : /Chrome\/|Chromium\/|CriOS\//.test(agent)
          ? 'chrome'
          : /Safari\//.test(agent)
            ? 'safari'
            : 'other';
  const embedded =
    /FBAN|FBAV|Instagram|Line\/|MicroMessenger|Snapchat|TikTok|musical_ly|GSA\/|; wv\)/.test(
      agent,
    ) ||
    (ios && browser === 'other');
  return { browser, system, phone: system === 'ios' || system === 'android', embedded };
}
