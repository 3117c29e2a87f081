/** Text beyond ASCII in the value of a header, as encoded words (RFC 2047): the form in which S3 answers user metadata. */

/** The text a value stands for. A word that cannot be decoded, or stands for control characters, stays as it is. */
export function decodeWords(value: string): string {
  if (!value.includes('=?')) return value;
  const tokens = value.split(/([ \t]+)/);
  let text = '';
  let wasWord = false;
  for (let at = 0; at < tokens.length; at += 2) {
    const token = tokens[at] ?? '';
    const decoded = decodeWord(token);
    const isWord = decoded !== undefined;
    // Blanks between two words do no more than part them.
    if (at > 0 && !(wasWord && isWord)) text += tokens[at - 1];
    text += decoded ?? token;
    wasWord = isWord;
  }
  return text;
}

/** Text in printable ASCII, of which `decodeWords` makes the text again; what needs no words stays as it is. */
export function encodeWords(text: string): string {
  if (/^[\t\x20-\x7e]*$/.test(text) && decodeWords(text) === text) return text;
  const others = text.replace(/[\x20-\x7e]/g, '').length;
  const form = 2 * others < text.length ? forms.Q : forms.B;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (form.encode(word + character).length > contentLengthMax) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((each) => `=?UTF-8?${form.name}?${form.encode(each)}?=`).join(' ');
}

/** A word has 75 characters at most. */
const contentLengthMax = 75 - '=?UTF-8?Q??='.length;

/** Q reads well where most of a text is ASCII; B is shorter elsewhere. S3 goes by the same. */
const forms = {
  Q: {
    name: 'Q',
    encode: (text: string): string =>
      Buffer.from(text)
        .toString('latin1')
        .replace(/[^\x21-\x3c\x3e\x40-\x5e\x60-\x7e]/g, (byte) =>
          byte === ' ' ? '_' : `=${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
        ),
    decode: (content: string): Buffer | undefined =>
      /=(?![0-9a-f]{2})/i.test(content)
        ? undefined
        : Buffer.from(
            content.replaceAll('_', ' ').replace(/=(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
            'latin1',
          ),
  },
  B: {
    name: 'B',
    encode: (text: string): string => Buffer.from(text).toString('base64'),
    decode: (content: string): Buffer | undefined => (/^[\w+/]*={0,2}$/.test(content) ? Buffer.from(content, 'base64') : undefined),
  },
} as const;

/** What no header may hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones.
const hasControls = /[\0-\x08\n-\x1f\x7f]/;

function decodeWord(token: string): string | undefined {
  const [, charset = '', form = '', content = ''] = /^=\?([\w-]+)\?([bq])\?([\x21-\x3e\x40-\x7e]*)\?=$/i.exec(token) ?? [];
  if (form === '') return undefined;
  const bytes = forms[form.toUpperCase() as keyof typeof forms].decode(content);
  try {
    const text = new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
    return bytes === undefined || hasControls.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
