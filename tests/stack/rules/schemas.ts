/** What the published schemas of resource types say, of which cfn-lint has a copy. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Schema {
  readonly properties: Readonly<Record<string, { readonly type?: string | readonly string[] }>>;
  readonly taggable?: boolean;
  readonly tagging?: {
    readonly taggable: boolean;
    readonly tagProperty?: string;
    readonly permissions?: readonly string[];
  };
  readonly handlers?: Readonly<Record<string, { readonly permissions: readonly string[] }>>;
}

/** `programs` is the directory of the programs of the environment with cfn-lint. */
function schemas(programs: string): (type: string) => Schema {
  const library = join(programs, '..', 'lib');
  const python = readdirSync(library).find((name) => name.startsWith('python')) as string;
  const directory = join(library, python, 'site-packages', 'cfnlint', 'data', 'schemas');
  const files: Record<string, string> = JSON.parse(
    readFileSync(join(directory, 'providers', 'us-east-1.json'), 'utf8'),
  );
  return (type) => {
    const file = join(directory, 'resources', `${files[type]}.json`);
    if (!existsSync(file)) throw new Error(`there is no schema of ${type}`);
    return JSON.parse(readFileSync(file, 'utf8'));
  };
}

/** The property in which a type has its tags, and their form where it is a map; nothing if it takes none. */
export function tagFacts(programs: string): (type: string) => { readonly tags?: string; readonly tagsForm?: 'map' } {
  const schemaOf = schemas(programs);
  return (type) => {
    const { taggable, tagging, properties } = schemaOf(type);
    if (!(tagging?.taggable ?? taggable)) return {};
    const tags = (tagging?.tagProperty ?? '/properties/Tags').replace('/properties/', '');
    const isMap = [properties[tags]?.type ?? 'array'].flat().includes('object');
    return { tags, ...(isMap ? { tagsForm: 'map' } : {}) };
  };
}

/** The actions that the handlers of a type ask for: to make it, to delete it, and whatever they do. */
export function handlersOf(programs: string) {
  const schemaOf = schemas(programs);
  return (type: string) => {
    const { handlers = {}, tagging } = schemaOf(type);
    const permissions = (name: string) => new Set(handlers[name]?.permissions);
    const all = new Set([
      ...Object.keys(handlers).flatMap((name) => [...permissions(name)]),
      ...(tagging?.permissions ?? []),
    ]);
    return { create: permissions('create'), remove: permissions('delete'), all };
  };
}
