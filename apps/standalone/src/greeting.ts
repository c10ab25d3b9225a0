/** What a person reads when the stack is up: where it is, how to log in, what to do next. */
export function greeting(url: string, demo: boolean): string {
  const lines = ['', `  Parlance is ready at ${url}`, ''];
  if (demo) {
    lines.push(
      '  The tenant demo is open to anybody who can reach this address:',
      '    secret key       demo-secret-key      (your server, REST)',
      '    publishable key  demo-public-key      (apps)',
      '    operator key     demo-operator-key',
      '',
      '  Next, in another terminal:',
      '    npm run demo                          two dialects talk in one room',
      `    open ${url}/api/docs`,
    );
  }
  lines.push('', '  Ctrl-C stops it; the data stays.', '');
  return lines.join('\n');
}
