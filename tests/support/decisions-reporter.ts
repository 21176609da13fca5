import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Prints how many decision cases hold on each path: `core: 98 of 98`. */
export class DecisionsReporter implements Reporter {
  readonly #counts = new Map<string, { passed: number; all: number }>();

  onTestCaseResult(test: TestCase): void {
    const path = test.parent.type === 'suite' ? test.parent.name : test.module.relativeModuleId;
    const count = this.#counts.get(path) ?? { passed: 0, all: 0 };
    const { state, errors } = test.result();
    if (state === 'passed') count.passed += 1;
    else console.error(`${path}: ${test.name}: ${errors?.[0]?.message ?? state}`);
    count.all += 1;
    this.#counts.set(path, count);
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly { readonly message?: string }[]): void {
    for (const error of errors) console.error(error.message);
    for (const [path, { passed, all }] of [...this.#counts].toSorted()) console.log(`${path}: ${passed} of ${all}`);
  }
}

// biome-ignore lint/style/noDefaultExport: vitest loads reporters by their default export
export default DecisionsReporter;
