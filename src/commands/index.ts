/** Every command, in the order `--help` shows them. */
import type { Command } from '../command.js';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  // biome-ignore lint/suspicious/noExplicitAny: each command knows its own options
  readonly load: () => Promise<Command<any>>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'generate',
    summary: 'stream orders, from the built-in shop or a file',
    load: async () => (await import('./generate.js')).generate,
  },
  {
    name: 'tail',
    summary: 'watch orders arrive in the order history',
    load: async () => (await import('./tail.js')).tail,
  },
  {
    name: 'history',
    summary: "show a customer's orders, or one order",
    load: async () => (await import('./history.js')).history,
  },
  {
    name: 'verify',
    summary: 'prove that no order was lost or doubled',
    load: async () => (await import('./verify.js')).verify,
  },
  {
    name: 'rejected',
    summary: 'show the lines that were not orders, and why',
    load: async () => (await import('./rejected.js')).rejected,
  },
  {
    name: 'config',
    summary: 'show each setting and where it comes from',
    load: async () => (await import('./config.js')).config,
  },
  { name: 'reset', summary: 'empty the pipeline', load: async () => (await import('./reset.js')).reset },
  {
    name: 'doctor',
    summary: 'check that everything needed is there',
    load: async () => (await import('./doctor.js')).doctor,
  },
  { name: 'demo', summary: 'see what it does, in twenty seconds', load: async () => (await import('./demo.js')).demo },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./completion.js')).completion,
  },
  { name: 'help', summary: 'explain exit codes', load: async () => (await import('./help.js')).help },
];
