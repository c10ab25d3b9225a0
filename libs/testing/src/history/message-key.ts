const KEY = /\[#([^\]]+)\]/;

/** The text of a message that carries its key where every dialect shows it. An edit keeps the key in its new text. */
export function keyed(key: string, words: string): string {
  return `${words} [#${key}]`;
}

/** The key a text carries; a text without one is its own key, so that nothing received goes unjudged. */
export function keyOf(text: string): string {
  return KEY.exec(text)?.[1] ?? text;
}
