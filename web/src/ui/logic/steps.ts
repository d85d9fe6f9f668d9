/** How to give a site its devices back, browser by browser and system by system. */
import { strings } from '../strings';
import type { Platform } from './platform';

export type Device = 'microphone' | 'camera';

/** The browser keeps the site from the device. */
export function blockedSteps(platform: Platform, device: Device): string[] {
  const { browser, system } = platform;
  const { blocked } = strings.faults;
  if (system === 'ios') return browser === 'safari' ? blocked.iosSafari : blocked.iosOther;
  if (system === 'android') return browser === 'firefox' ? blocked.androidFirefox : blocked.android;
  if (browser === 'firefox') return blocked.firefox(strings.devices[device]);
  return browser === 'safari' ? blocked.safari : blocked.other;
}

/** The browser or the machine lets no connection out. */
export function routeSteps({ browser, system }: Platform): string[] {
  const { chromium, firefox, all } = strings.faults.untested;
  if (system === 'ios' || browser === 'safari') return all;
  return [...(browser === 'firefox' ? firefox : chromium), ...all];
}

/** The system keeps the browser from the device. */
export function systemSteps(platform: Platform, device: Device): string[] {
  const steps = strings.faults.system;
  const name = strings.deviceTitles[device];
  const { system } = platform;
  return steps[system === 'linux' ? 'other' : system](name);
}

/** A link straight into the system's settings, where there is such a thing. */
export function systemSettingsUrl(platform: Platform, device: Device): string | null {
  const microphone = device === 'microphone';
  if (platform.system === 'windows')
    return `ms-settings:privacy-${microphone ? 'microphone' : 'webcam'}`;
  if (platform.system === 'macos')
    return `x-apple.systempreferences:com.apple.preference.security?Privacy_${microphone ? 'Microphone' : 'Camera'}`;
  return null;
}
