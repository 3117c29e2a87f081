// Seeded records shaped like GitHub's public events (gharchive): about 1 kB each, nested objects and arrays, escapes, long bodies, the
// same names at several depths, characters beyond ASCII. Same seed and size, same bytes, on every machine.
import { randomBelow, WORDS, writeRecords } from './generate.mjs';

const SEED = 0x51f15e5d;
const FIRST_ID = 25_000_000_000;
const USERS = 9_000_000;
const REPOSITORIES = 60_000_000;
const DAYS = Array.from({ length: 365 }, (_, i) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10));
const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));
const HEX = Array.from({ length: 1 << 16 }, (_, i) => i.toString(16).padStart(4, '0'));
/** Pieces of bodies as JSON text; some have to be escaped, some look like JSON themselves. */
const PIECES = [
  ...WORDS,
  ...WORDS,
  ...WORDS,
  '\\"quoted\\"',
  '\\n\\n```js\\nconst a = { \\"comments\\": 99, \\"id\\": [1, 2] };\\n```\\n',
  'C:\\\\Users\\\\dev\\\\',
  '\\u003cb\\u003ebold\\u003c/b\\u003e',
  'naïve café',
  '日本語のテキスト',
  'thanks 🎉',
  '\\ttabbed',
  '- [ ] to check\\r\\n',
  'see https:\\/\\/example.com\\/a?b=c&d=e',
];
const LABELS = ['bug', 'help wanted', 'good first issue', 'documentation', 'performance'];
const PUSH = 0;
const ISSUE = 1;
const COMMENT = 2;
const WATCH = 3;
/** Kinds of events by how often they occur, of 16. */
const KINDS = [PUSH, PUSH, PUSH, PUSH, PUSH, PUSH, PUSH, ISSUE, ISSUE, ISSUE, ISSUE, COMMENT, COMMENT, COMMENT, WATCH, WATCH];
const TYPES = ['PushEvent', 'IssuesEvent', 'IssueCommentEvent', 'WatchEvent'];

/**
 * Writes newline-delimited events, whole records only, of at most `bytes` bytes and no more than one record less.
 * @param {string} path replaced atomically
 * @param {{ bytes: number }} options
 * @returns {number} records written
 */
export function writeEvents(path, { bytes }) {
  return writeRecords(path, { bytes, next: eventRecords(), encoding: 'utf8' });
}

/** @returns {() => string} gives the next record, its line feed included */
function eventRecords() {
  const below = randomBelow(SEED);
  let id = FIRST_ID;
  let second = 0;
  return () => {
    id += 1 + below(9);
    second += below(300);
    const kind = KINDS[below(KINDS.length)];
    const user = 1 + below(USERS);
    const login = `${WORDS[user % WORDS.length]}${user}`;
    const repository = `${login}/${WORDS[below(WORDS.length)]}-${WORDS[below(WORDS.length)]}`;
    return (
      `{"id":"${id}","type":"${TYPES[kind]}","actor":{"id":${user},"login":"${login}","display_login":"${login}","gravatar_id":"",` +
      `"url":"https://api.github.com/users/${login}","avatar_url":"https://avatars.githubusercontent.com/u/${user}?"},` +
      `"repo":{"id":${1 + below(REPOSITORIES)},"name":"${repository}","url":"https://api.github.com/repos/${repository}"},` +
      `"payload":${payload(kind, { below, id, user, login, repository })},"public":true,"created_at":"${timestamp(second)}"}\n`
    );
  };
}

function payload(kind, event) {
  if (kind === PUSH) return push(event);
  if (kind === WATCH) return '{"action":"started"}';
  const { below, user, login } = event;
  const action = kind === COMMENT ? 'created' : below(3) === 0 ? 'closed' : 'opened';
  const comment =
    kind === COMMENT
      ? `,"comment":{"id":${1 + below(2_000_000_000)},"user":{"login":"${login}","id":${user}},"body":"${prose(below, 4 + below(28))}"}`
      : '';
  return `{"action":"${action}","issue":${issue(event)}${comment}}`;
}

function push({ below, id, login, repository }) {
  const commits = 1 + below(3);
  let list = '';
  for (let i = 0; i < commits; i++) {
    const sha = hash(below);
    list +=
      `${i === 0 ? '' : ','}{"sha":"${sha}","author":{"email":"${login}@users.noreply.github.com","name":"${login}"},` +
      `"message":"${prose(below, 3 + below(16))}","distinct":true,"url":"https://api.github.com/repos/${repository}/commits/${sha}"}`;
  }
  return (
    `{"push_id":${Math.floor(id / 2)},"size":${commits},"distinct_size":${commits},"ref":"refs/heads/main",` +
    `"head":"${hash(below)}","before":"${hash(below)}","commits":[${list}]}`
  );
}

function issue({ below, user, login, repository }) {
  const number = 1 + below(5000);
  let labels = '';
  for (let i = below(3); i > 0; i--) labels += `${labels === '' ? '' : ','}{"id":${below(1_000_000)},"name":"${LABELS[below(5)]}"}`;
  return (
    `{"url":"https://api.github.com/repos/${repository}/issues/${number}","id":${1 + below(2_000_000_000)},"number":${number},` +
    `"title":"${prose(below, 3 + below(6))}","user":{"login":"${login}","id":${user}},"labels":[${labels}],"state":"open",` +
    `"assignee":null,"comments":${below(100)},"body":"${prose(below, 6 + below(44))}"}`
  );
}

/** @param {(n: number) => number} below @param {number} pieces */
function prose(below, pieces) {
  let text = PIECES[below(PIECES.length)];
  for (let i = 1; i < pieces; i++) text += ` ${PIECES[below(PIECES.length)]}`;
  return text;
}

function hash(below) {
  let text = '';
  for (let i = 0; i < 10; i++) text += HEX[below(1 << 16)];
  return text;
}

/** @param {number} second of the year 2024, modulo its length */
function timestamp(second) {
  const minute = Math.floor(second / 60);
  const hour = Math.floor(minute / 60);
  const day = DAYS[Math.floor(hour / 24) % DAYS.length];
  return `${day}T${TWO_DIGITS[hour % 24]}:${TWO_DIGITS[minute % 60]}:${TWO_DIGITS[second % 60]}Z`;
}
