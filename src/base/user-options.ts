/** Options of `s3lect user`, in the option table between those of the server and of queries. */
import type { OptionEntry } from './option-entry.ts';

export const userOptions = [
  {
    name: 'accessKey',
    flag: '--access-key',
    env: ['S3LECT_USER_ACCESS_KEY'],
    type: 'string',
    placeholder: 'KEY',
    default: undefined,
    doc: 'Access key to give to the user, 3 characters or more; made up when not given.',
    commands: ['user'],
  },
  {
    name: 'secretKey',
    flag: '--secret-key',
    env: ['S3LECT_USER_SECRET_KEY'],
    type: 'string',
    placeholder: 'SECRET',
    default: undefined,
    doc: 'Secret key to the access key, 8 characters or more; made up and printed when not given. Command lines can be read by other users: the environment is safer.',
    commands: ['user'],
    secret: true,
  },
  {
    name: 'policy',
    flag: '--policy',
    env: ['S3LECT_USER_POLICY'],
    type: 'string',
    placeholder: 'NAME|FILE',
    default: undefined,
    doc: 'What the user may do: owner (create buckets, and everything in those it has created), readonly, readwrite, admin, none (what policies of buckets allow), or a file with a policy in AWS syntax. owner when a user is added without it. With `session`, what the temporary key may do at most.',
    commands: ['user'],
  },
  {
    name: 'durationS',
    flag: '--duration-s',
    env: ['S3LECT_USER_DURATION_S'],
    type: 'integer',
    placeholder: 'S',
    default: 3600,
    min: 1,
    max: 31_536_000,
    doc: 'Seconds that the temporary key of `session` is valid.',
    commands: ['user'],
  },
] as const satisfies readonly OptionEntry[];
