export interface Greeting {
  /** Where clients connect; the first is shown in the examples. */
  readonly urls: readonly [string, ...string[]];
  /** Whether the tenant demo exists, with its well-known keys. */
  readonly demo: boolean;
}

/** What a person reads when the stack is up: where it is, how to log in, what to do next. */
export function greeting({ urls, demo }: Greeting): string {
  const next = demo ? demoLines(urls[0]) : [];
  return [
    '',
    `  Parlance is ready at ${urls.join(' and ')}`,
    '',
    ...next,
    '  Ctrl-C stops it; the data stays.',
    '',
  ].join('\n');
}

function demoLines(url: string): readonly string[] {
  return [
    '  The tenant demo is open to anybody who can reach this address:',
    '    secret key       demo-secret-key      (your server, REST)',
    '    publishable key  demo-public-key      (apps)',
    '    operator key     demo-operator-key',
    '',
    '  Next, in another terminal:',
    '    npm run demo                          two dialects talk in one room',
    `    open ${url}/api/docs`,
    '',
  ];
}
