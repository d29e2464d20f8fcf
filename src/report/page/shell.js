// One word of a command line, as a POSIX shell reads it. Pure.
export function shell(word) {
  if (/^[\w%+,./:@-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
