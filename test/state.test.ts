/** The state folder: what is kept, who may see it, and that changes show at once and are whole. */
import fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rootIdentity } from '../src/auth/identity.ts';
import { MemoryState, ownerOf, RequestState } from '../src/auth/state.ts';
import { FolderState, makePrivateFolder } from '../src/auth/state-folder.ts';
import { changeUsers, loadUsers, type UserRecord } from '../src/auth/state-users.ts';
import { limits } from '../src/base/limits.ts';
import { temporaryFolder } from './support/cli.ts';

const mode = (path: string): string => (fs.statSync(path).mode & 0o777).toString(8);

function userRecord(name: string, keys: UserRecord['keys'] = []): UserRecord {
  return { name, id: name.padEnd(64, '0'), policy: 'readonly', createdAt: '2026-01-01T00:00:00.000Z', keys };
}

const key = (accessKey: string) => ({ accessKey, secretKey: `secret of ${accessKey}`, createdAt: '2026-01-01T00:00:00.000Z' });

t.test('the settings of buckets', async (t) => {
  const folder = join(temporaryFolder(t), 'deep/state');
  const state = FolderState.open({ folder });
  t.same(state.bucket('b'), {});
  t.equal(fs.existsSync(folder), false, 'nothing is made before there is something to keep');
  await state.changeBucket('b', { policy: '{}', cors: '<x/>' });
  t.same(state.bucket('b'), { policy: '{}', cors: '<x/>' });
  await state.changeBucket('b', { cors: undefined, tagging: { a: 'b' } });
  t.same(state.bucket('b'), { policy: '{}', tagging: { a: 'b' } });
  t.equal(state.bucket('b'), state.bucket('b'), 'the same object as long as it is the same');
  t.same([mode(folder), mode(join(folder, 'buckets')), mode(join(folder, 'buckets/b.json'))], ['700', '700', '600']);
  t.same(FolderState.open({ folder }).bucket('b'), { policy: '{}', tagging: { a: 'b' } }, 'after a restart');
  const names = ['B', 'b', '..', 'a/b', 'x'.repeat(255), 'ü', '.b', '_b', 'b.json', 'CON'];
  for (const name of names) await state.changeBucket(name, { policy: name });
  for (const name of names) t.equal(state.bucket(name).policy, name, name);
  t.same(fs.readdirSync(join(folder, '..')), ['state'], 'no name leads out of the folder');
  await state.forgetBucket('b');
  await state.forgetBucket('absent');
  t.same(state.bucket('b'), {});
  t.same(
    fs.readdirSync(join(folder, 'buckets')).filter((name) => name.startsWith('.')),
    [],
    'no temporary file is left',
  );
});

t.test('many changes at once, and of several processes', async (t) => {
  const folder = temporaryFolder(t);
  const [one, two] = [FolderState.open({ folder }), FolderState.open({ folder })];
  await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      one.changeBucket('b', { tagging: { ...one.bucket('b').tagging, [index]: 'x' }, [index % 2 ? 'cors' : 'policy']: `${index}` }),
    ),
  );
  t.match(two.bucket('b'), { cors: '49', policy: '48' });
  await two.changeBucket('b', { policy: 'other' });
  t.equal(one.bucket('b').policy, 'other', 'at once');
  fs.rmSync(join(folder, 'buckets/b.json'));
  t.same(one.bucket('b'), {});
  t.same(two.bucket('b'), {});
});

t.test('what is damaged is not taken for nothing', async (t) => {
  const folder = temporaryFolder(t);
  const state = FolderState.open({ folder });
  await state.changeBucket('b', { policy: '{}' });
  const path = join(folder, 'buckets/b.json');
  for (const text of [
    '',
    '{',
    'null',
    '{"version":1,"bucket":"c","settings":{}}',
    '{"version":2,"bucket":"b","settings":{}}',
    '{"version":1,"bucket":"b"}',
  ]) {
    fs.writeFileSync(path, text);
    t.throws(() => state.bucket('b'), Error, text);
    t.throws(() => state.bucket('b'), Error, 'each time');
  }
  fs.writeFileSync(path, '{"version":1,"bucket":"b","settings":{"policy":"x"}}');
  t.same(state.bucket('b'), { policy: 'x' });
  await changeUsers(folder, () => [userRecord('alice', [key('a')])]);
  t.equal(state.lookup('a')?.secretKey, 'secret of a');
  for (const text of [
    '',
    'null',
    '[]',
    '{"version":1}',
    '{"version":1,"users":[{"name":"secret of a"}]}',
    '{"version":1,"users":[{"secret of a',
  ]) {
    fs.writeFileSync(join(folder, 'users.json'), text);
    t.throws(() => state.lookup('a'), /^users\.json of the state folder is damaged$/, text);
    t.throws(() => FolderState.open({ folder }), /^users\.json of the state folder is damaged$/, 'also at the start');
  }
});

t.test('users', async (t) => {
  const folder = temporaryFolder(t);
  const state = FolderState.open({ folder });
  t.equal(state.lookup('a'), undefined);
  await changeUsers(folder, () => [
    userRecord('alice', [key('a'), { ...key('t'), sessionToken: 'token', expiresAt: '2030-01-01T00:00:00.000Z', policy: 'none' }]),
    userRecord('bob', [key('b')]),
  ]);
  t.match(state.lookup('a'), {
    accessKey: 'a',
    user: { policy: 'readonly', identity: { kind: 'user', name: 'alice', arn: 'arn:aws:iam::000000000000:user/alice' } },
  });
  t.match(state.lookup('t'), { sessionToken: 'token', expires_ms: Date.UTC(2030, 0), sessionPolicy: 'none' });
  t.equal(state.userById('bob'.padEnd(64, '0'))?.identity.name, 'bob');
  t.equal(state.lookup('a'), state.lookup('a'), 'the same object as long as it is the same');
  t.equal(mode(join(folder, 'users.json')), '600');
  await changeUsers(folder, (users) => users.filter(({ name }) => name !== 'alice'));
  t.equal(state.lookup('a'), undefined, 'at once');
  t.ok(state.lookup('b'));
  await t.rejects(
    changeUsers(folder, () => {
      throw new Error('no');
    }),
    /^no$/,
  );
  t.equal(loadUsers(folder).length, 1);
  await Promise.all(Array.from({ length: 20 }, (_, index) => changeUsers(folder, (users) => [...users, userRecord(`user-${index}`)])));
  t.equal(loadUsers(folder).length, 21, 'those who change it wait for each other');
  fs.writeFileSync(join(folder, '.users.lock'), '999999999');
  await changeUsers(folder, (users) => users.slice(0, 1));
  t.equal(loadUsers(folder).length, 1, 'a lock whose process is no more');
  t.same(fs.readdirSync(folder).toSorted(), ['users.json']);
  fs.unlinkSync(join(folder, 'users.json'));
  t.equal(state.lookup('b'), undefined);
});

t.test('only its owner may enter the folder', async (t) => {
  const base = temporaryFolder(t);
  const make = (name: string, permissions: number, content?: string): string => {
    const folder = join(base, name);
    fs.mkdirSync(folder);
    if (content !== undefined) fs.writeFileSync(join(folder, content), '');
    fs.chmodSync(folder, permissions);
    return folder;
  };
  const empty = make('empty', 0o755);
  FolderState.open({ folder: empty });
  t.equal(mode(empty), '700');
  const ours = make('ours', 0o770);
  fs.writeFileSync(join(ours, 'users.json'), '{"version":1,"users":[]}');
  FolderState.open({ folder: ours });
  t.equal(mode(ours), '700');
  for (const permissions of [0o755, 0o701, 0o710, 0o777]) {
    const shared = make(`shared-${permissions}`, permissions, 'photo.jpg');
    t.throws(() => FolderState.open({ folder: shared }), /^others may enter it, and it holds photo\.jpg/);
    t.throws(() => makePrivateFolder(shared), /^others may enter it/);
    t.equal(mode(shared), permissions.toString(8), 'and is left as it is');
  }
  FolderState.open({ folder: make('private', 0o700, 'photo.jpg') });
  t.throws(() => FolderState.open({ folder: join(make('file', 0o700, 'x'), 'x') }), /^it is no folder$/);
});

t.test('owners', async (t) => {
  const folder = temporaryFolder(t);
  const state = FolderState.open({ folder });
  await changeUsers(folder, () => [userRecord('alice')]);
  const id = 'alice'.padEnd(64, '0');
  t.equal(ownerOf(state, 'b'), rootIdentity);
  await state.changeBucket('b', { owner: id });
  t.match(ownerOf(state, 'b'), { name: 'alice', id });
  await changeUsers(folder, () => []);
  t.match(ownerOf(state, 'b'), { id, name: '' }, 'an owner who is no more');
  t.not(ownerOf(state, 'b').id, rootIdentity.id);
  t.match(ownerOf(new MemoryState(), 'b'), rootIdentity);
});

t.test('names that are asked for take no memory', async (t) => {
  const state = FolderState.open({ folder: temporaryFolder(t) });
  await state.changeBucket('kept', { policy: '{}' });
  for (let index = 0; index < 3 * limits.bucket_settings_cached_max; index += 1) state.bucket(`bucket-${index}`);
  t.equal(state.bucket('kept').policy, '{}');
});

t.test('one request sees the settings of a bucket as they were when it asked first, and what it changes itself', async (t) => {
  const state = new MemoryState();
  await state.changeBucket('b', { policy: '1' });
  const request = new RequestState(state);
  t.same(request.bucket('b'), { policy: '1' });
  await state.changeBucket('b', { policy: '2' });
  t.same(request.bucket('b'), { policy: '1' });
  t.same(new RequestState(state).bucket('b'), { policy: '2' });
  await request.changeBucket('b', { cors: '3' });
  t.same(request.bucket('b'), { policy: '2', cors: '3' });
  await request.forgetBucket('b');
  t.same([request.bucket('b'), state.bucket('b')], [{}, {}]);
});
