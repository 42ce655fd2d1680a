import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { Reporter, TestCase } from 'vitest/node';

/** The last line in plain text, for programs that read what a run printed. */
const closingLine: Reporter = {
  onTestRunEnd(modules) {
    const states = modules.flatMap(({ children }) =>
      [...children.allTests()].map((test: TestCase) => test.result().state),
    );
    const count = (state: string) => states.filter((each) => each === state).length;
    console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  },
};

/** A project on two workers. Projects share them, but for those with a `groupOrder`, which begin when others have ended. */
function project(
  name: string,
  include: string[],
  { exclude = [] as string[], groupOrder = 0, maxWorkers = 2, python = false } = {},
) {
  return {
    test: {
      name,
      include,
      exclude,
      globalSetup: python ? ['tests/python/environment.ts'] : [],
      maxWorkers,
      sequence: { groupOrder },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Every SDK client of the tests would say it.
      env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    },
  } satisfies TestProjectInlineConfiguration;
}

const named = (name: string) => `tests/**/*.${name}.test.ts`;
const COMMANDS = 'tests/{commands,packed}/**/*.test.ts';
const REAL = 'tests/real/**/*.test.ts';

/**
 * A test belongs to the project that its name says: `stream.aws.emulator.test.ts` is of `emulator`. Without such a word it is
 * of `unit`, except in the folders of `cli` and `real`. `npm test -- --project unit` runs one project.
 */
export default defineConfig({
  test: {
    globalSetup: ['tests/global-setup.ts'],
    reporters: ['default', closingLine],
    projects: [
      // Node and nothing else; done in less than a minute.
      project('unit', ['tests/**/*.test.ts'], {
        exclude: [...['cli', 'emulator', 'engine'].map(named), COMMANDS, REAL],
      }),
      // The built command line, run as a user does.
      project('cli', [named('cli'), COMMANDS], { exclude: ['emulator', 'engine'].map(named) }),
      // AWS as others emulate it, or know it: MiniStack, kinesis-mock, linters of templates and policies.
      project('emulator', [named('emulator')], { python: true }),
      // Engines that need much memory, one at a time.
      project('engine', [named('engine')], { groupOrder: 1, maxWorkers: 1, python: true }),
      // The real file of orders, through the whole pipeline.
      project('real', [REAL], { groupOrder: 2, python: true }),
    ],
  },
});
