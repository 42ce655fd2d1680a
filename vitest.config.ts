import { defineConfig } from 'vitest/config';
import type { Reporter, TestCase } from 'vitest/node';

/** The last line in plain text, for programs that read what a run printed. */
const closingLine: Reporter = {
  onTestRunEnd(modules) {
    const states = modules.flatMap(({ children }) => [...children.allTests()].map((of: TestCase) => of.result().state));
    const count = (state: string) => states.filter((of) => of === state).length;
    console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  },
};

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/global-setup.ts', 'tests/python/environment.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', closingLine],
    // Every SDK client of the tests would say it.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});
