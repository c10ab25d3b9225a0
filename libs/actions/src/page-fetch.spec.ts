import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { previewOf } from './link-preview.js';
import { fetchPage, type PageFetchOptions } from './page-fetch.js';
import { isPublicAddress, type ResolveHost } from './public-address.js';

describe('a public address', () => {
  it.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946', '::ffff:8.8.8.8'])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ...[
      '127.0.0.1',
      '127.8.8.8',
      '0.0.0.0',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.169.254',
    ],
    ...[
      '100.64.0.1',
      '192.0.0.192',
      '192.0.2.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '224.0.0.1',
      '255.255.255.255',
    ],
    ...[
      '240.0.0.1',
      '::',
      '::1',
      'fe80::1',
      'fc00::1',
      'fd00:ec2::254',
      'ff02::1',
      '::ffff:127.0.0.1',
      '::ffff:169.254.169.254',
    ],
    ...[
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001:0:4136:e378:8000:63bf:3fff:fdd2',
      '2001:db8::1',
      '::127.0.0.1',
      '4000::1',
    ],
    ...['', 'localhost', 'example.org'],
  ])('is not %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

/** Servers of this machine stand for the web: the name says which addresses it has. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'web.test': ['127.0.0.1'],
  'inside.test': ['10.0.0.7'],
  'metadata.test': ['169.254.169.254'],
  'both.test': ['127.0.0.1', '10.0.0.7'],
  'empty.test': [],
};
const resolve: ResolveHost = async (host) => {
  const addresses = NAMES[host];
  if (addresses === undefined) throw new Error(`no such name: ${host}`);
  return addresses.map((address) => ({ address, family: 4 }));
};
const asWeb: PageFetchOptions = { resolve, isAllowed: (address) => address === '127.0.0.1' };

let server: Server;
let port: number;
let asked: string[];
let answer: (path: string, response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.headers.host ?? ''}${request.url ?? ''}`);
    answer(request.url ?? '', response);
  });
  for (let tries = 0; !server.listening && tries < 50; tries += 1) {
    server.listen(10_000 + Math.floor(Math.random() * 22_000), '127.0.0.1');
    await once(server, 'listening').catch(() => undefined);
  }
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const html = (text: string) => (_: string, response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(text);
const redirect = (location: string) => (_: string, response: ServerResponse) =>
  void response.writeHead(302, { location }).end();
const at = (host: string, path = '/'): string => `http://${host}:${port}${path}`;

describe('a page that somebody named', () => {
  it('is fetched, through redirects', async () => {
    answer = (path, response) =>
      path === '/' ? redirect('/there?a=1')(path, response) : html('<title>There</title>')(path, response);
    const page = await fetchPage(at('web.test'), asWeb);
    expect([page.url.pathname, page.html]).toEqual(['/there', '<title>There</title>']);
  });

  it.each([
    'ftp://web.test/',
    'file:///etc/passwd',
    'javascript:1',
    'gopher://web.test',
    'http://user:secret@web.test/',
    'nothing',
    '',
  ])('is no page: %s', async (address) => {
    await expect(fetchPage(address, asWeb)).rejects.toMatchObject({ code: 'invalid' });
  });

  it.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://127.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://[fd00:ec2::254]/',
    'http://0.0.0.0/',
  ])('is nothing public: %s', async (address) => {
    const target = new URL(address);
    target.port = String(port);
    answer = html('<title>secret</title>');
    await expect(fetchPage(target.href)).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toEqual([]);
  });

  it.each(['inside.test', 'metadata.test', 'both.test', 'empty.test', 'unknown.test'])(
    'under the name %s leads nowhere',
    async (host) => {
      answer = html('<title>secret</title>');
      await expect(fetchPage(at(host), asWeb)).rejects.toMatchObject({ code: 'not-found' });
      expect(asked).toEqual([]);
    },
  );

  it.each([
    'http://inside.test/',
    'http://169.254.169.254/',
    'file:///etc/passwd',
    'http://[::1]/',
    '//metadata.test/',
    'http://u:p@web.test/',
  ])('does not lead on to %s', async (location) => {
    answer = redirect(location);
    await expect(fetchPage(at('web.test'), asWeb)).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toHaveLength(1);
  });

  it('that answers another address at each look is judged by the one that is connected to', async () => {
    let looks = 0;
    const rebinding: ResolveHost = async () => [{ address: (looks += 1) === 1 ? '127.0.0.1' : '10.0.0.7', family: 4 }];
    answer = redirect('/again');
    await expect(fetchPage(at('web.test'), { ...asWeb, resolve: rebinding })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(asked).toEqual([`web.test:${port}/`]);
  });

  it('that leads in circles is given up', async () => {
    answer = redirect('/again');
    await expect(fetchPage(at('web.test'), asWeb)).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toHaveLength(4);
  });

  it.each([
    ['is no HTML', 200, 'image/png'],
    ['has no type', 200, ''],
    ['is not there', 404, 'text/html'],
    ['fails', 500, 'text/html'],
  ])('that %s is not found', async (_, status, type) => {
    answer = (_path, response) => void response.writeHead(status, { 'content-type': type }).end('<title>x</title>');
    await expect(fetchPage(at('web.test'), asWeb)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('that never ends is read up to its limit', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const page = await fetchPage(at('web.test'), { ...asWeb, maxBytes: 200_000 });
    expect(page.html).toHaveLength(200_000);
  });

  it.each(['says nothing', 'stops in the middle'])('that %s is given up in time', async (how) => {
    answer = (_, response) => {
      if (how !== 'says nothing') response.writeHead(200, { 'content-type': 'text/html' }).write('<title>');
    };
    const late = fetchPage(at('web.test'), { ...asWeb, timeoutMs: 100 });
    await expect(late).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a preview', () => {
  const url = new URL('https://web.test/dir/page');
  const preview = (text: string) => previewOf({ url, html: text });

  it('prefers what the page says for the purpose', () => {
    expect(
      preview(`<html><head><title>Plain &amp; simple</title><meta name="description" content="plain">
        <meta property="og:title" content="  Graph\n title "><meta property="og:description" content="described">
        <meta property="og:image" content="/a.png"><meta property="og:image:secure_url" content="https://web.test/a.png">
        <meta name="twitter:image" content="b.png"><link rel="shortcut icon" href="/i.ico"></head>`),
    ).toEqual({
      url: 'https://web.test/dir/page',
      title: 'Graph title',
      description: 'described',
      images: ['https://web.test/a.png', 'https://web.test/dir/b.png'],
      favicons: ['https://web.test/i.ico'],
    });
  });

  it('makes do with plain HTML', () => {
    expect(preview('<title>Plain &amp; simple</title><p>words')).toEqual({
      url: url.href,
      title: 'Plain & simple',
      description: null,
      images: [],
      favicons: ['https://web.test/favicon.ico'],
    });
  });

  it('passes nothing on that is no web address, and nothing endless', () => {
    const many = Array.from({ length: 50 }, (_, n) => `<meta property="og:image" content="/${n}.png">`).join('');
    const bad = ['javascript:alert(1)', 'data:image/png;base64,AAAA', 'file:///etc/passwd', `/${'x'.repeat(5_000)}`];
    const { images, title } = preview(
      `<title>${'t'.repeat(5_000)}</title>${bad.map((one) => `<meta property="og:image" content="${one}">`).join('')}${many}`,
    );
    expect(images).toHaveLength(4);
    expect(images.every((one) => one.startsWith('https://web.test/'))).toBe(true);
    expect(title).toHaveLength(1_000);
  });
});
