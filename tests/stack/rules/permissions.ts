/** Permissions that are wider than one thing done to one resource. */
import type { Template } from './template.js';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
}

/** One sentence for each, which starts with `<logical id>/<Sid>`. */
export function widePermissions(template: Template): string[] {
  return Object.entries(template.Resources).flatMap(([id, { Properties }]) =>
    statementsIn(Properties).flatMap((statement) => {
      // What is refused may be refused as widely as one likes.
      if (statement.Effect !== 'Allow') return [];
      const where = `${id}/${statement.Sid ?? 'a statement without Sid'}`;
      const wide: string[] = [];
      for (const action of listOf(statement.Action)) if (String(action).includes('*')) wide.push(`action ${action}`);
      for (const resource of listOf(statement.Resource)) if (resource === '*') wide.push('resource *');
      if (statement.NotAction || statement.NotResource) wide.push('everything but what it names');
      if (listOf(statement.Principal).includes('*')) wide.push('anybody');
      return wide.map((what) => `${where} allows ${what}`);
    }),
  );
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function statementsIn(value: unknown): Statement[] {
  if (typeof value !== 'object' || value === null) return [];
  const { Statement: own, ...rest } = value as Record<string, unknown>;
  const below = Object.values(rest).flatMap(statementsIn);
  return [...(listOf(own) as Statement[]), ...below];
}
