/** What the published schemas say of tags. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The property in which a type has its tags, undefined if it takes none. cfn-lint has a copy of the schemas. */
export function tagProperties(programs: string): (type: string) => string | undefined {
  const library = join(programs, '..', 'lib');
  const python = readdirSync(library).find((name) => name.startsWith('python')) as string;
  const schemas = join(library, python, 'site-packages', 'cfnlint', 'data', 'schemas');
  const files = JSON.parse(readFileSync(join(schemas, 'providers', 'us-east-1.json'), 'utf8')) as Record<
    string,
    string
  >;
  return (type) => {
    const file = join(schemas, 'resources', `${files[type]}.json`);
    if (!existsSync(file)) throw new Error(`there is no schema of ${type}`);
    const { taggable, tagging } = JSON.parse(readFileSync(file, 'utf8')) as {
      taggable?: boolean;
      tagging?: { taggable: boolean; tagProperty?: string };
    };
    const isTaggable = tagging?.taggable ?? taggable ?? false;
    return isTaggable ? (tagging?.tagProperty ?? '/properties/Tags').replace('/properties/', '') : undefined;
  };
}
