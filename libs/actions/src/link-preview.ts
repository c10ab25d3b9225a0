import type { ResultOf } from '@parlance/dialect-kit';
import { Parser } from 'htmlparser2';
import type { Page } from './page-fetch.js';

type LinkPreview = ResultOf<'link.preview'>;

const MAX_TEXT = 1_000;
const MAX_URL = 2_048;
const MAX_PICTURES = 4;

/** What a page says of itself, the first word of each kind that counts. */
interface Said {
  readonly properties: Map<string, string>;
  readonly images: string[];
  readonly icons: string[];
  title: string;
}

/** Open Graph first, then Twitter's words, then plain HTML. */
export function previewOf({ url, html }: Page): LinkPreview {
  const said = read(html);
  const word = (...names: readonly string[]): string | null =>
    names.map((name) => cleaned(said.properties.get(name))).find((text) => text !== null) ?? null;
  const icons = said.icons.length > 0 ? said.icons : ['/favicon.ico'];
  return {
    url: url.href,
    title: word('og:title', 'twitter:title') ?? cleaned(said.title),
    description: word('og:description', 'twitter:description', 'description'),
    images: addresses(said.images, url),
    favicons: addresses(icons, url),
  };
}

function read(html: string): Said {
  const said: Said = { properties: new Map(), images: [], icons: [], title: '' };
  let isTitle = false;
  const parser = new Parser(
    {
      onopentag: (tag, attributes) => {
        isTitle = tag === 'title' && said.title === '';
        if (tag === 'meta') readMeta(said, attributes);
        if (tag === 'link') readLink(said, attributes);
      },
      ontext: (text) => {
        if (isTitle && said.title.length < MAX_TEXT) said.title += text;
      },
      onclosetag: () => {
        isTitle = false;
      },
    },
    { decodeEntities: true },
  );
  parser.end(html);
  return said;
}

function readMeta(said: Said, { property, name, content }: Readonly<Record<string, string>>): void {
  const key = (property ?? name ?? '').toLowerCase();
  if (content === undefined || key === '') return;
  if (/^(?:og:image(?::url|:secure_url)?|twitter:image)$/.test(key)) said.images.push(content);
  else if (!said.properties.has(key)) said.properties.set(key, content);
}

function readLink(said: Said, { rel, href }: Readonly<Record<string, string>>): void {
  if (href !== undefined && /\b(?:icon|apple-touch-icon)\b/i.test(rel ?? '')) said.icons.push(href);
}

/** One line of text of a bearable length; null for none. */
function cleaned(text: string | undefined): string | null {
  const line = (text ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line === '' ? null : Array.from(line).slice(0, MAX_TEXT).join('');
}

/** Whole web addresses, each once: a page could name `javascript:` or a megabyte of data. */
function addresses(given: readonly string[], base: URL): string[] {
  const whole = given.flatMap((one) =>
    one.length <= MAX_URL && URL.canParse(one, base.href) ? [new URL(one, base.href)] : [],
  );
  const web = whole.filter(({ protocol, href }) => /^https?:$/.test(protocol) && href.length <= MAX_URL);
  return [...new Set(web.map(({ href }) => href))].slice(0, MAX_PICTURES);
}
