/** The diff of CONTRIBUTING.md that adds an AWS resource applies to the source, touches one folder, and builds. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, temporaryDirectory } from './run-cli.js';

const [, diff = ''] = /```diff\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')) ?? [];

/** A copy of the source that can be built: with packages, and with a cache of its own. */
function copyOfSource(): string {
  const directory = temporaryDirectory();
  for (const name of ['src', 'kernel', 'build.js', 'bundle.js', 'sbom.js', 'package.json', 'package-lock.json']) {
    cpSync(join(ROOT, name), join(directory, name), { recursive: true });
  }
  mkdirSync(join(directory, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => each !== '.cache')) {
    symlinkSync(join(ROOT, 'node_modules', name), join(directory, 'node_modules', name));
  }
  return directory;
}

test('an AWS resource of the order history is added in its folder alone', () => {
  const directory = copyOfSource();
  const changed = [...diff.matchAll(/^\+\+\+ b\/(.*)$/gm)].map(([, path]) => path);
  expect(changed).toEqual(['src/order-history/stack.yaml', 'src/order-history/parts.ts']);
  execFileSync('git', ['apply', '-'], { cwd: directory, input: diff });
  execFileSync(process.execPath, ['build.js'], { cwd: directory });
  const { Resources, Outputs } = JSON.parse(readFileSync(join(directory, 'dist/stack/template.json'), 'utf8'));
  expect(Resources.ExportQueue.Properties.Tags).toContainEqual({ Key: 'stage', Value: 'order-history' });
  expect(Resources.ExportWaitingAlarm.Properties.Dimensions).toEqual([
    { Name: 'QueueName', Value: { 'Fn::GetAtt': ['ExportQueue', 'QueueName'] } },
  ]);
  expect(JSON.stringify(Resources.Dashboard)).toContain('ExportWaitingAlarm');
  expect(Outputs.ExportQueueUrl.Value).toEqual({ Ref: 'ExportQueue' });
});
