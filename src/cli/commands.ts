/** The command registry. What a command needs is loaded when it runs: a query should not wait for an HTTP server to load. */
import type { Command } from './command.ts';

export const commands: readonly Command[] = [
  {
    name: 'serve',
    options: 'serve',
    usage: '[DIR]',
    summary: 'Serve a folder over the S3 API: its folders are buckets, their files objects (default ./data)',
    run: async (args) => (await import('./serve.ts')).runServe(args),
  },
  {
    name: 'query',
    options: 'query',
    usage: 'FILE|s3://BUCKET/KEY|- "SQL"',
    summary: 'Query a file, an object on any S3 Select server, or standard input',
    run: async (args) => (await import('./query.ts')).runQuery(args),
  },
  {
    name: 'explain',
    options: 'explain',
    usage: '[FILE] "SQL"',
    summary: 'Print the plan of a query: what the scan answers itself, and what is left over',
    run: async (args) => (await import('./explain.ts')).runExplain(args),
  },
  {
    name: 'schema',
    options: 'schema',
    usage: 'FILE',
    summary: 'Print what is in a file: its columns and their types, and of Parquet its row groups, codecs, encodings and sizes',
    run: async (args) => (await import('./schema.ts')).runSchema(args),
  },
  {
    name: 'user',
    options: 'user',
    usage: 'add|list|remove|policy|key|session [NAME]',
    summary: 'Change who may ask a server for what, also while it runs',
    run: async (args) => (await import('./user.ts')).runUser(args),
  },
  {
    name: 'config',
    options: 'serve',
    usage: 'print [DIR]',
    summary: 'Print the options that serve would run with, as a --config file and without secrets',
    run: async (args) => (await import('./config.ts')).runConfig(args),
  },
];
