/** Statements prepared per connection, at most: each costs the server memory for as long as the connection lives. */
export const MAX_NAMED_STATEMENTS = 200;

/**
 * Gives a statement a name from its second use on, so that Postgres plans the hot ones once per connection. Texts that vary (a
 * list's length, say) come once each and stay unnamed; when the names are used up, so does everything new.
 */
export class StatementNames {
  private readonly names = new Map<string, string>();
  private readonly seenOnce = new Set<string>();

  /** '' for a statement to be sent unnamed. */
  nameOf(sql: string): string {
    const known = this.names.get(sql);
    if (known !== undefined) return known;
    if (this.names.size >= MAX_NAMED_STATEMENTS) return '';
    if (!this.seenOnce.delete(sql)) return this.remember(sql);
    const name = `s${this.names.size}`;
    this.names.set(sql, name);
    return name;
  }

  private remember(sql: string): '' {
    if (this.seenOnce.size >= MAX_NAMED_STATEMENTS) this.seenOnce.clear();
    this.seenOnce.add(sql);
    return '';
  }
}
