/** The environment does not make a valid configuration. `problems`: one line per problem, with the remedy; never a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
