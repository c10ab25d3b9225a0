import { findProgram } from '@parlance/bootstrap';
import { chromium, type Browser } from 'playwright-core';

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream'],
  // A machine may have no other network than the loopback one.
  ...['--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection'],
];

/** The machine's own Chromium, with a camera and a microphone that are made up. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = findProgram('chromium', process.env['PATH']);
  if (executablePath === undefined) throw new Error('chromium is not installed (Debian package chromium).');
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}
